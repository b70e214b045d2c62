import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FloodOrder, FloodTold } from './flood.ts';

/** The process that floods. */
export class Flooder {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('flood.ts', import.meta.url)));

  start(order: FloodOrder): void {
    this.#child.send(order);
  }

  async stop(): Promise<FloodTold> {
    const told = once(this.#child, 'message');
    this.#child.send('stop');
    return (await told)[0] as FloodTold;
  }

  close(): void {
    this.#child.kill();
  }
}
