import type { TestContext } from 'node:test';

/** What a test file has to undo at its end, whether or not all of its preparations came to pass. */
export class Cleanups {
  readonly #steps: (() => Promise<unknown>)[] = [];

  /** Runs before everything that was added earlier. */
  add(step: () => Promise<unknown>): void {
    this.#steps.unshift(step);
  }

  /** Runs every step, and only then throws what the first failing one threw. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0)) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

/**
 * Of one test, run when it is over. `t.after` itself undoes first what was made first, and leaves the rest undone where one step fails: a
 * database would go before its service.
 */
export const cleanupsOf = (t: TestContext): Cleanups => {
  const cleanups = new Cleanups();
  t.after(() => cleanups.run());
  return cleanups;
};
