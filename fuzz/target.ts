/** What is fuzzed: a parser, the inputs it is given, and what must hold of each. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';

export type FuzzTarget = {
  name: string;
  /** A property that fails where something is thrown that is no refusal of ours, or what came out breaks a promise. */
  property: fc.IAsyncProperty<[unknown]>;
};

/** What a target throws where an input costs too much; told apart from other failures only by its words. */
export type Watch = { begin(input: unknown): void; end(): void };

let watch: Watch | undefined;

/** Every input is shown to it before it is used, and it is told when that is over; `end` may throw. */
export const watchInputs = (watcher: Watch): void => {
  watch = watcher;
};

export const target = <Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  check: (input: Input) => void | Promise<void>,
): FuzzTarget => ({
  name,
  property: fc.asyncProperty(inputs, async (input) => {
    watch?.begin(input);
    await check(input);
    watch?.end();
  }) as fc.IAsyncProperty<[unknown]>,
});

/** Its constructor may be private. */
type ErrorClass = { prototype: Error };

/** What the work gives, or undefined where it refuses the input with an error of this class; whatever else it throws goes on. */
export const unlessRefused = <Result>(refusal: ErrorClass, work: () => Result): Result | undefined => {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof (refusal as new () => Error), `threw ${String(error)}`);
    return undefined;
  }
};
