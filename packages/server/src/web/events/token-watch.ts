/**
 * Looks whether the applications' tokens that sockets were opened with are still good. Members' are looked after by their conferences
 * (`conference/revocation-watch.ts`); these name no conference, and may expire.
 */
import type { Logger } from '../../base/log.ts';
import type { Tokens } from '../tokens.ts';

export type TokenWatchOptions = { tokens: Pick<Tokens, 'deadAmong'>; log: Logger };

/** What a revoked token has open ends within a second. */
const INTERVAL_MS = 400;

export class TokenWatch {
  readonly #options: TokenWatchOptions;
  readonly #onDead = new Map<string, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: TokenWatchOptions) {
    this.#options = options;
  }

  /** Returns what ends it. */
  add(token: string, onDead: () => void): () => void {
    const watchers = this.#onDead.get(token) ?? new Set();
    this.#onDead.set(token, watchers.add(onDead));
    this.#later();
    return () => {
      watchers.delete(onDead);
      if (watchers.size === 0 && this.#onDead.get(token) === watchers) this.#onDead.delete(token);
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** As long as there is something to look after. */
  #later(): void {
    if (this.#closed || this.#timer !== undefined || this.#onDead.size === 0) return;
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => {
        this.#timer = undefined;
        this.#later();
      });
    }, INTERVAL_MS).unref();
  }

  async #look(): Promise<void> {
    const { tokens, log } = this.#options;
    try {
      const dead = await tokens.deadAmong([...this.#onDead.keys()]);
      for (const token of dead) for (const onDead of this.#onDead.get(token) ?? []) onDead();
    } catch (error) {
      log.warn({ err: error }, 'the tokens of sockets could not be looked up; tried again');
    }
  }
}
