/** The store as one server process has it: away at times, and gone for that process when it is killed. */
import type { Store } from '@callreel/server/store/store.ts';
import { StoreError } from '@callreel/server/store/store-error.ts';

export type StoreParts = Pick<
  Store,
  'apps' | 'chronicles' | 'conferences' | 'recordingOrders' | 'recordingWork' | 'tokens'
>;

/** `late`: statements are carried out, and their answers do not come. */
export type Outage = 'away' | 'late';

export class GuardedStore {
  readonly parts: StoreParts;
  readonly #running = new Set<Promise<unknown>>();
  #outage: { kind: Outage; afterCalls: number } | undefined;
  #killed = false;

  constructor({ apps, chronicles, conferences, recordingOrders, recordingWork, tokens }: Store) {
    this.parts = {
      apps: this.#guard(apps),
      chronicles: this.#guard(chronicles),
      conferences: this.#guard(conferences),
      recordingOrders: this.#guard(recordingOrders),
      recordingWork: this.#guard(recordingWork),
      tokens: this.#guard(tokens),
    };
  }

  /** From the call after so many more. */
  breakDown(kind: Outage, afterCalls: number): void {
    this.#outage = { kind, afterCalls };
  }

  mend(): void {
    this.#outage = undefined;
  }

  get isBroken(): boolean {
    return this.#outage !== undefined;
  }

  /** What was sent is still carried out; nothing is sent any more. */
  async kill(): Promise<void> {
    this.#killed = true;
    await Promise.allSettled(this.#running);
  }

  #guard<Part extends object>(part: Part): Part {
    return new Proxy(part, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => this.#call(() => Reflect.apply(method, target, args));
      },
    });
  }

  async #call(run: () => Promise<unknown>): Promise<unknown> {
    if (this.#killed) throw StoreError.unavailable(new Error('the process was killed'));
    const outage = this.#nextOutage();
    if (outage === 'away') throw StoreError.unavailable(new Error('the database is away'));
    const running = run();
    this.#running.add(running);
    try {
      const result = await running;
      if (outage === 'late') throw StoreError.timeout(new Error('the answer did not come'));
      return result;
    } finally {
      this.#running.delete(running);
    }
  }

  #nextOutage(): Outage | undefined {
    if (this.#outage === undefined) return undefined;
    if (this.#outage.afterCalls > 0) {
      this.#outage.afterCalls -= 1;
      return undefined;
    }
    return this.#outage.kind;
  }
}
