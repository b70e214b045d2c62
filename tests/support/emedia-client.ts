/** Speaks the protocol of the vendor's web SDK by hand: for what the SDK itself would never say. */
import { EventEmitter, once } from 'node:events';
import { WebSocket } from 'ws';

export type Frame = Record<string, unknown> & { op: number; tsxId?: string; result?: number };
export type Ticket = Record<string, unknown> & { url: string };

/** What did not come by then does not come. */
const LIMIT_MS = 30_000;

export class EmediaClient extends EventEmitter {
  readonly frames: Frame[] = [];
  readonly ws: WebSocket;
  sessId: string | undefined;
  memId = '';
  #count = 0;
  #closed: { code: number; reason: string } | undefined;

  constructor(url: string) {
    super();
    this.ws = new WebSocket(`${url}?0`);
    this.ws.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)) as Frame);
      this.emit('news');
    });
    this.ws.on('close', (code, reason) => {
      this.#closed = { code, reason: String(reason) };
      this.emit('news');
    });
    this.ws.on('error', () => {});
  }

  static async open(url: string): Promise<EmediaClient> {
    const client = new EmediaClient(url);
    await once(client.ws, 'open');
    return client;
  }

  /** With a ticket; goes on with what `before` had, where it is given. */
  static async enter(ticket: Ticket, before?: EmediaClient): Promise<EmediaClient> {
    const client = await EmediaClient.open(ticket.url);
    const answer = await client.ask({ op: 200, tkt: ticket, ...(before && { sessId: before.sessId }) });
    if (answer.result !== 0) throw new Error(JSON.stringify(answer));
    client.sessId = String(answer.sessId);
    client.memId = String(answer.memId);
    return client;
  }

  /** Resolves with the answer. */
  async ask(frame: Record<string, unknown> & { op: number }): Promise<Frame> {
    this.#count += 1;
    const tsxId = `MSG-${this.#count}`;
    this.ws.send(JSON.stringify({ tsxId, sessId: this.sessId, ...frame }));
    return this.heard((heard) => heard.op === 1001 && heard.tsxId === tsxId);
  }

  /** The first that fits, past or to come. */
  heard(fits: (frame: Frame) => boolean): Promise<Frame> {
    return this.#until(() => this.frames.find(fits));
  }

  closed(): Promise<{ code: number; reason: string }> {
    return this.#until(() => this.#closed);
  }

  async #until<Found>(find: () => Found | undefined): Promise<Found> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#closed) throw new Error(`closed with ${JSON.stringify(this.#closed)}: ${JSON.stringify(this.frames)}`);
      await once(this, 'news', { signal });
    }
  }
}
