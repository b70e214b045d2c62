/** What a conference's members note on it for each other: bounded, and gone with the conference. */
import { EmediaRefusal } from './refusal.ts';

export type AttributeChange = { key: string; val?: string | null | undefined; op: 'UPDATE' | 'DEL' };

const MOST = 64;
const TOO_MANY = -409;

export class Attributes {
  readonly #values = new Map<string, string>();
  muteAll = false;

  /** All of them, or none. @throws EmediaRefusal */
  change(changes: readonly AttributeChange[]): void {
    const added = new Set(
      changes.filter(({ op, key }) => op === 'UPDATE' && !this.#values.has(key)).map(({ key }) => key),
    );
    if (this.#values.size + added.size > MOST)
      throw new EmediaRefusal(TOO_MANY, `A conference has at most ${MOST} attributes`);
    for (const { key, val, op } of changes) {
      if (op === 'DEL') this.#values.delete(key);
      else this.#values.set(key, val ?? '');
    }
  }

  /** The SDK breaks on a state without attributes: there are always both. */
  view() {
    const cattrs = [...this.#values].map(([key, val]) => ({ key, val, op: 'UPDATE' }));
    return { cattrs, cstate: { muteAll: this.muteAll } };
  }
}
