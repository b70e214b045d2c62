/** The thread that runs the targets: one order after the other. What an input costs is bounded here, what never ends by the command. */
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { type FuzzOrder, type FuzzReply, type FuzzScreen, SCREEN_WORDS, SHOWN_BYTES } from './protocol.ts';
import { type Watch, watchInputs } from './target.ts';
import { TARGETS } from './targets.ts';

/** No input is larger than some kilobytes: a thousand times that, or a second, is out of proportion. */
const MOST_BYTES = 64 * 2 ** 20;
const MOST_MS = 2000;

const { buffer } = workerData as FuzzScreen;
const words = new Int32Array(buffer, 0, SCREEN_WORDS);
const screen = new Uint8Array(buffer, 4 * SCREEN_WORDS);
const encoder = new TextEncoder();

const heldBytes = (): number => {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
};

/** Shows each input before it is used, and fails those that take too long or too much. */
class CostWatch implements Watch {
  #beganMs = 0;
  #bytes = 0;

  begin(input: unknown): void {
    const shown = encoder.encode(fc.stringify(input)).subarray(0, SHOWN_BYTES);
    screen.set(shown);
    Atomics.store(words, 1, shown.length);
    Atomics.add(words, 0, 1);
    this.#bytes = heldBytes();
    this.#beganMs = performance.now();
  }

  end(): void {
    const tookMs = performance.now() - this.#beganMs;
    const took = heldBytes() - this.#bytes;
    if (tookMs > MOST_MS) throw new RangeError(`took ${tookMs.toFixed(0)} ms (at most ${MOST_MS})`);
    if (took > MOST_BYTES) throw new RangeError(`took ${took} bytes (at most ${MOST_BYTES})`);
  }
}

const run = async ({ target, seed, runs }: FuzzOrder): Promise<FuzzReply> => {
  const property = TARGETS[target]?.property;
  if (property === undefined) throw new TypeError(`target: there is no number ${target}`);
  const details = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: 60_000 });
  if (!details.failed || details.counterexample === null) return { kind: 'held', inputs: details.numRuns };
  return {
    kind: 'failed',
    seed: details.seed,
    path: details.counterexamplePath ?? '',
    input: fc.stringify(details.counterexample[0]),
    why: String(details.errorInstance instanceof Error ? details.errorInstance.stack : details.errorInstance),
  };
};

watchInputs(new CostWatch());
parentPort?.on('message', (order: FuzzOrder) => {
  run(order).then(
    (reply) => parentPort?.postMessage(reply),
    (error: unknown) => queueMicrotask(() => Promise.reject(error)),
  );
});
