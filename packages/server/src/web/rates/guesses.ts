/**
 * Wrong secrets and passwords, counted for the account and for the address they come from.
 *
 * A stranger who guesses uses up what the account has for strangers, and no more than that: an address from which the account was
 * signed in to before has an allowance of its own. Tokens that were issued go on, and the app's own token lets its users join without
 * any password. What is counted is forgotten with a restart.
 */
import { type Allowance, Allowances, type Verdict } from './allowances.ts';

/** Of one account: 20 at once, then two a minute, 2,900 a day (at eight random letters: 200,000 years for half of all). */
const OF_ACCOUNT: Allowance = { perSecond: 1 / 30, burst: 20 };
/** Of one address, whatever the accounts: many people may sit behind it. */
const OF_ADDRESS: Allowance = { perSecond: 1, burst: 50 };

/** About 10 MB: those who signed in longest ago are forgotten first. */
const MOST_FRIENDS = 50_000;

export type Guesser = {
  /** What is guessed at, in bounded length, whether or not there is such an account. */
  account: string;
  /** As `addressKey` gives it. */
  address: string;
};

type Count = { key: string; allowance: Allowance };

export type Outcome<Result> =
  | { kind: 'tried'; result: Result }
  /** Not tried: too many wrong ones came before. */
  | ({ kind: 'tooMany'; verdict: Verdict } & Count);

export class Guesses {
  readonly #wrong: Allowances;
  readonly #friends = new Set<string>();

  constructor(nowMs: () => number) {
    this.#wrong = new Allowances(nowMs);
  }

  /**
   * Makes an attempt that throws where the secret is wrong, as `isWrong` tells. While it lasts it counts as wrong, so that many at once
   * are no way round; one that succeeds or fails for another reason counts nothing. Rethrows what it threw.
   */
  async attempt<Result>(
    guesser: Guesser,
    make: () => Promise<Result>,
    isWrong: (error: unknown) => boolean,
  ): Promise<Outcome<Result>> {
    const counts = this.#countsOf(guesser);
    const refused = this.#takeAll(counts);
    if (refused !== undefined) return { kind: 'tooMany', ...refused };
    try {
      const result = await make();
      this.#befriend(guesser);
      this.#giveBack(counts);
      return { kind: 'tried', result };
    } catch (error) {
      if (!isWrong(error)) this.#giveBack(counts);
      throw error;
    }
  }

  #takeAll(counts: readonly Count[]): ({ verdict: Verdict } & Count) | undefined {
    for (const [index, count] of counts.entries()) {
      const verdict = this.#wrong.take(count.key, count.allowance);
      if (verdict.allowed) continue;
      this.#giveBack(counts.slice(0, index));
      return { verdict, ...count };
    }
    return undefined;
  }

  #countsOf(guesser: Guesser): Count[] {
    const pair = pairOf(guesser);
    if (this.#friends.has(pair)) return [{ key: pair, allowance: OF_ACCOUNT }];
    return [
      { key: `of ${guesser.account}`, allowance: OF_ACCOUNT },
      { key: `from ${guesser.address}`, allowance: OF_ADDRESS },
    ];
  }

  #giveBack(counts: readonly Count[]): void {
    for (const { key, allowance } of counts) this.#wrong.giveBack(key, allowance);
  }

  #befriend(guesser: Guesser): void {
    const pair = pairOf(guesser);
    this.#friends.delete(pair);
    this.#friends.add(pair);
    if (this.#friends.size <= MOST_FRIENDS) return;
    const [longestAgo] = this.#friends;
    if (longestAgo !== undefined) this.#friends.delete(longestAgo);
  }
}

const pairOf = ({ account, address }: Guesser): string => `${account} from ${address}`;
