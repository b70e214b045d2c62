/**
 * The edge between the server and its child processes, and the only place that forks: requests with replies and events over
 * Node's channel ('advanced' serialization: typed arrays, maps and bigints cross as they are).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ChildError } from './child-error.ts';
import type { ToChild, ToParent } from './child-messages.ts';
import { childEnvironment } from './config.ts';
import type { Logger } from './log.ts';

export { ChildError, type RemoteError } from './child-error.ts';
export { type ChildHandler, serveParent } from './parent-port.ts';

export type ChildPortOptions = {
  /** The child's main module. */
  modulePath: string;
  args?: string[];
  /** Added to what the server's own environment passes on. */
  env?: Record<string, string>;
  /** 0 to 19, higher is humbler. Not on Windows. */
  niceness?: number;
  /** For this child's Node alone, beside those of our own. */
  nodeOptions?: string[];
  /** For the log and for errors. */
  name: string;
  log: Logger;
};

export type ChildExit = { code: number | null; signal: string | null };

type Pending<Reply> = { resolve(reply: Reply): void; reject(error: Error): void };

/** `nice` runs before Node does, so that every thread is under it: Linux keeps niceness by thread. */
const startChild = (options: ChildPortOptions): ChildProcess => {
  const niced = options.niceness !== undefined && process.platform !== 'win32';
  const nodeOptions = [...process.execArgv, ...(options.nodeOptions ?? [])];
  return fork(options.modulePath, options.args ?? [], {
    ...(niced
      ? { execPath: 'nice', execArgv: ['-n', String(options.niceness), process.execPath, ...nodeOptions] }
      : { execArgv: nodeOptions }),
    env: childEnvironment(options.env),
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
};

/**
 * The parent's side. The child is started by the constructor; requests made before it is up wait for it.
 * `onExit` is called once, whoever ended it; after it no event comes and nothing is pending.
 */
export class ChildHost<Request, Reply, Event> {
  readonly #name: string;
  readonly #log: Logger;
  readonly #child: ChildProcess;
  readonly #onEvent: (event: Event) => void;
  readonly #onExit: (why: ChildExit) => void;
  readonly #pending = new Map<number, Pending<Reply>>();
  readonly #exited = Promise.withResolvers<void>();
  #nextId = 1;
  #gone = false;
  #closing: Promise<void> | undefined;

  constructor(options: ChildPortOptions & { onEvent: (event: Event) => void; onExit: (why: ChildExit) => void }) {
    this.#name = options.name;
    this.#log = options.log.child({ child: options.name });
    this.#onEvent = options.onEvent;
    this.#onExit = options.onExit;
    this.#child = startChild(options);
    this.#listen();
  }

  /** Undefined where the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Rejects with a ChildError: 'failed' where the handler threw, 'crashed' or 'closed' where no reply can come any more. With a
   * TypeError where the request holds what cannot be sent, such as a function.
   */
  request(request: Request): Promise<Reply> {
    if (this.#gone || this.#closing !== undefined) return Promise.reject(this.#noReply('it exited before'));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#pending.set(id, { resolve, reject });
    const fail = (error: Error): void => {
      this.#pending.delete(id);
      reject(error);
    };
    try {
      this.#send({ kind: 'request', id, request }, (cause) =>
        fail(ChildError.crashed(this.#name, 'its channel is closed', cause)),
      );
    } catch (cause) {
      fail(new TypeError('request: holds what cannot be sent to another process', { cause }));
    }
    return promise;
  }

  /** Asks the child to close, waits `graceMs` for its exit, then kills it. Resolves when it is gone. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    if (this.#gone) return;
    this.#send({ kind: 'close' }, () => this.#child.kill('SIGKILL'));
    const timer = setTimeout(() => {
      this.#log.warn({ graceMs }, 'did not close in time: killed');
      this.#child.kill('SIGKILL');
    }, graceMs);
    await this.#exited.promise;
    clearTimeout(timer);
  }

  #send(message: ToChild<Request>, onError: (cause: unknown) => void): void {
    this.#child.send(message, (cause) => {
      if (cause) onError(cause);
    });
  }

  #listen(): void {
    this.#child.on('message', (message) => this.#handleMessage(message as ToParent<Reply, Event>));
    this.#child.on('exit', (code, signal) => this.#handleExit({ code, signal }));
    this.#child.on('error', (cause) => {
      this.#log.error({ err: cause }, 'child process error');
      if (this.#child.pid === undefined) this.#handleExit({ code: null, signal: null });
    });
    // Without its channel it can be neither asked nor told to close.
    this.#child.on('disconnect', () => {
      if (this.#closing === undefined) this.#child.kill('SIGKILL');
    });
    if (this.#child.stderr === null) return;
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#log.warn({ line }, 'child stderr'));
  }

  #handleMessage(message: ToParent<Reply, Event>): void {
    switch (message.kind) {
      case 'event':
        this.#onEvent(message.event);
        return;
      case 'reply':
        this.#take(message.id)?.resolve(message.reply);
        return;
      case 'failure':
        this.#take(message.id)?.reject(ChildError.failed(this.#name, message.remote));
        return;
    }
  }

  #take(id: number): Pending<Reply> | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #handleExit(why: ChildExit): void {
    if (this.#gone) return;
    this.#gone = true;
    const error = this.#noReply(why.signal ?? `code ${why.code}`);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#exited.resolve();
    this.#onExit(why);
  }

  #noReply(how: string): ChildError {
    return this.#closing === undefined ? ChildError.crashed(this.#name, how) : ChildError.closed(this.#name);
  }
}
