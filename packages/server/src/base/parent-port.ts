/** A child's side of the edge to its parent. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RemoteError } from './child-error.ts';
import type { ToChild, ToParent } from './child-messages.ts';

export type ChildHandler<Request, Reply> = {
  handle(request: Request): Promise<Reply>;
  /** Ends the work; the process exits when it resolves. */
  close(): Promise<void>;
};

/** How long a child may take to put its files in order once its parent is gone. */
const ORPHAN_GRACE_MS = 10_000;
/** Ctrl-C and service managers signal the whole group: the parent decides when its children go. */
const IGNORED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Call it once, in the child's main module. When the parent is gone, the child closes and exits by itself. */
export function serveParent<Request, Reply, Event>(
  handler: ChildHandler<Request, Reply>,
): { emit(event: Event): void } {
  const port = new ParentPort<Request, Reply, Event>(handler);
  return { emit: (event) => port.post({ kind: 'event', event }) };
}

class ParentPort<Request, Reply, Event> {
  readonly #handler: ChildHandler<Request, Reply>;
  readonly #send: NonNullable<typeof process.send>;
  /** The channel keeps order, so the last message sent is the last to leave. */
  #lastSent = Promise.resolve();
  #closing = false;

  constructor(handler: ChildHandler<Request, Reply>) {
    const send = process.send?.bind(process);
    if (send === undefined) throw new TypeError('serveParent: this process was not started by ChildHost');
    this.#handler = handler;
    this.#send = send;
    this.#listen();
  }

  post(message: ToParent<Reply, Event>): void {
    if (!process.connected) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#send(message, undefined, undefined, () => resolve());
    this.#lastSent = promise;
  }

  #listen(): void {
    process.on('message', (message) => this.#handleMessage(message as ToChild<Request>));
    process.on('disconnect', () => {
      setTimeout(() => process.exit(1), ORPHAN_GRACE_MS).unref();
      void this.#closeAndExit();
    });
    for (const signal of IGNORED_SIGNALS) process.on(signal, () => {});
    // The other ends of these are gone with the parent.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  }

  #handleMessage(message: ToChild<Request>): void {
    switch (message.kind) {
      case 'request':
        void this.#answer(message.id, message.request);
        return;
      case 'close':
        void this.#closeAndExit();
        return;
    }
  }

  async #answer(id: number, request: Request): Promise<void> {
    try {
      this.post({ kind: 'reply', id, reply: await this.#handler.handle(request) });
    } catch (error) {
      this.post({ kind: 'failure', id, remote: remoteError(error) });
    }
  }

  async #closeAndExit(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    let code = 0;
    await this.#handler.close().catch((error: unknown) => {
      process.stderr.write(`close failed: ${error instanceof Error ? error.stack : String(error)}\n`);
      code = 1;
    });
    // Replies that wait for the close alone are on their way by then.
    await nextTurn();
    await this.#lastSent;
    process.exit(code);
  }
}

const remoteError = (error: unknown): RemoteError => {
  if (!(error instanceof Error)) return { name: 'Error', reason: undefined, message: String(error) };
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
  return { name: error.name, reason, message: error.message };
};
