/** Users' passwords: scrypt, few at once, so that a flood of sign-ins takes neither the memory nor the thread pool. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { WebError } from './errors.ts';

/** 32 MiB and about 80 ms of one core each. */
const COST = { N: 2 ** 15, r: 8, p: 1 };
/** node's own limit is the 32 MiB that this cost needs, and not a byte more. */
const MOST_MEMORY_BYTES = 64 * 1024 * 1024;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

export type PasswordLimits = { mostAtOnce: number; mostWaiting: number };

/** libuv's pool has four threads, and files are read in it too. Who would wait longer than some seconds is told to come back. */
const LIMITS: PasswordLimits = { mostAtOnce: 2, mostWaiting: 40 };

const FORM = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]+)$/;

type Cost = { N: number; r: number; p: number };

const derive = (password: string, salt: Uint8Array, { N, r, p }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, hash: Buffer) => (error ? reject(error) : resolve(hash));
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, { N, r, p, maxmem: MOST_MEMORY_BYTES }, done);
  });

export class Passwords {
  readonly #limits: PasswordLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  /** The hash with its cost and salt: `scrypt$<log2 N>$<r>$<p>$<salt>$<hash>`. Throws `server_busy` when too many wait. */
  hash(password: string): Promise<string> {
    return this.#inTurn(async () => {
      const salt = randomBytes(SALT_BYTES);
      const hash = await derive(password, salt, COST);
      return ['scrypt', Math.log2(COST.N), COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join(
        '$',
      );
    });
  }

  /** Where there is no such user (`undefined`) it takes as long and says no: timing does not tell who exists. */
  verify(password: string, stored: string | undefined): Promise<boolean> {
    return this.#inTurn(async () => {
      const [, log2N, r, p, salt, expected] = FORM.exec(stored ?? '') ?? [];
      if (salt === undefined || expected === undefined) {
        await derive(password, randomBytes(SALT_BYTES), COST);
        return false;
      }
      const cost = { N: 2 ** Number(log2N), r: Number(r), p: Number(p) };
      const hash = await derive(password, Buffer.from(salt, 'base64url'), cost);
      const wanted = Buffer.from(expected, 'base64url');
      return wanted.length === hash.length && timingSafeEqual(hash, wanted);
    });
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const { mostAtOnce, mostWaiting } = this.#limits;
    if (this.#waiting.length >= mostWaiting) throw WebError.of('server_busy', 'Too many sign-ins at once');
    if (this.#running >= mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
