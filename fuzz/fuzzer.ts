/** A thread under watch: gives it orders, and notices when it hangs, dies or runs out of memory over one input. */
import { Worker } from 'node:worker_threads';
import { type FuzzOrder, type FuzzReply, type FuzzScreen, SCREEN_BYTES, SCREEN_WORDS } from './protocol.ts';

export type FuzzOutcome = FuzzReply | { kind: 'lost'; input: string; why: string };

/** Generous: other work on the machine must not look like a hang. */
const HANGS_AFTER_MS = 20_000;
const LOOK_EVERY_MS = 500;
const HEAP_MIB = 256;

const WORKER = new URL('./worker.ts', import.meta.url);

export class Fuzzer {
  readonly #buffer = new SharedArrayBuffer(SCREEN_BYTES);
  readonly #words = new Int32Array(this.#buffer, 0, SCREEN_WORDS);
  #worker: Worker | undefined;

  /** Resolves in any case; a thread that was lost is replaced at the next order. */
  async run(order: FuzzOrder): Promise<FuzzOutcome> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const { promise, resolve } = Promise.withResolvers<FuzzOutcome>();
    const lose = (why: string): void => resolve({ kind: 'lost', input: this.#shown(), why });
    const handleError = (error: unknown): void => lose(String(error));
    const handleExit = (code: number): void => lose(`the thread ended with ${code}`);
    worker.once('message', resolve).once('error', handleError).once('exit', handleExit);
    const watchdog = this.#watch(() => lose(`no answer for ${HANGS_AFTER_MS} ms`));
    worker.postMessage(order);
    const outcome = await promise;
    clearInterval(watchdog);
    worker.off('message', resolve).off('error', handleError).off('exit', handleExit);
    if (outcome.kind === 'lost') await this.close();
    return outcome;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    const workerData: FuzzScreen = { buffer: this.#buffer };
    return new Worker(WORKER, { workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
  }

  #watch(hangs: () => void): NodeJS.Timeout {
    let begun = Atomics.load(this.#words, 0);
    let sinceMs = performance.now();
    return setInterval(() => {
      const now = Atomics.load(this.#words, 0);
      if (now !== begun) [begun, sinceMs] = [now, performance.now()];
      else if (performance.now() - sinceMs > HANGS_AFTER_MS) hangs();
    }, LOOK_EVERY_MS);
  }

  /** The input that it had last; longer ones are cut. */
  #shown(): string {
    const length = Atomics.load(this.#words, 1);
    const bytes = new Uint8Array(this.#buffer, 4 * SCREEN_WORDS, length);
    return new TextDecoder().decode(bytes.slice());
  }
}
