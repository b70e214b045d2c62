/** A browser driven by WebDriver BiDi over its own socket: open a page, run a function in it. */

type Answer = { id?: number; type?: string; error?: string; message?: string; result?: unknown };
type Evaluated = { type: string; result?: { value?: unknown }; exceptionDetails?: { text: string } };
type Tree = { contexts: { context: string }[] };

export class BidiSession {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #context = '';
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#handleAnswer(JSON.parse(String(data)) as Answer));
    socket.addEventListener('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the browser is gone'));
    });
  }

  /** `address` is the `ws://` address that the browser printed. */
  static async open(address: string): Promise<BidiSession> {
    const socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error(`${address} does not answer`)), { once: true });
    });
    const session = new BidiSession(socket);
    await session.#send('session.new', { capabilities: {} });
    const { contexts } = (await session.#send('browsingContext.getTree', {})) as Tree;
    session.#context = contexts[0]?.context ?? '';
    return session;
  }

  async goto(url: string): Promise<void> {
    await this.#send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** Runs it in the page with this argument, which passes as JSON, as does what it resolves with. It sees nothing of its surroundings here. */
  async evaluate<Argument, Result>(run: (argument: Argument) => Promise<Result>, argument: Argument): Promise<Result> {
    const wrapped = `async (text) => JSON.stringify({ value: await (${run.toString()})(JSON.parse(text)) })`;
    const evaluated = (await this.#send('script.callFunction', {
      functionDeclaration: wrapped,
      arguments: [{ type: 'string', value: JSON.stringify(argument) }],
      awaitPromise: true,
      target: { context: this.#context },
      userActivation: true,
    })) as Evaluated;
    if (evaluated.exceptionDetails) throw new Error(`in the page: ${evaluated.exceptionDetails.text}`);
    return (JSON.parse(String(evaluated.result?.value)) as { value: Result }).value;
  }

  close(): void {
    this.#socket.close();
  }

  #send(method: string, params: object): Promise<unknown> {
    const id = this.#nextId++;
    const answered = Promise.withResolvers<unknown>();
    this.#pending.set(id, answered);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answered.promise;
  }

  #handleAnswer({ id, type, error, message, result }: Answer): void {
    const answered = this.#pending.get(id ?? 0);
    if (answered === undefined) return;
    this.#pending.delete(id ?? 0);
    if (type === 'error') answered.reject(new Error(`${error}: ${message}`));
    else answered.resolve(result);
  }
}
