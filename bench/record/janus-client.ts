/** The little of Janus's HTTP interface that a publisher into a video room needs. */
import { randomUUID } from 'node:crypto';

const ROOM = 1234;
const PLUGIN = 'janus.plugin.videoroom';

type JanusReply = {
  janus: string;
  data?: { id: number };
  plugindata?: { data: { videoroom?: string; error?: string } };
  jsep?: { type: string; sdp: string };
  error?: { reason: string };
};

type Handle = { sessionId: number; handleId: number };

export class JanusClient {
  readonly #url: string;
  readonly #handles: Handle[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  /** Makes the room that all publish into. */
  async createRoom(recordingFolder: string, publishers: number): Promise<void> {
    const handle = await this.#attach();
    const limits = { publishers, bitrate: 0, videocodec: 'vp8', audiocodec: 'opus' };
    const reply = await this.#message(handle, { request: 'create', room: ROOM, rec_dir: recordingFolder, ...limits });
    const { videoroom, error } = reply.plugindata?.data ?? {};
    if (videoroom !== 'created') throw new Error(`Janus made no room: ${error ?? JSON.stringify(reply)}`);
  }

  /** Publishes with recording and gives the answer. */
  async publish(offer: string): Promise<string> {
    const handle = await this.#attach();
    await this.#message(handle, { request: 'join', ptype: 'publisher', room: ROOM });
    await this.#event(handle, ({ plugindata }) => plugindata?.data.videoroom === 'joined');
    await this.#message(handle, { request: 'publish', record: true }, { type: 'offer', sdp: offer });
    const { jsep } = await this.#event(handle, ({ jsep }) => jsep !== undefined);
    return jsep?.sdp ?? '';
  }

  /** Ends every publication; Janus closes its files with it. */
  async unpublishAll(): Promise<void> {
    for (const handle of this.#handles.slice(1)) {
      await this.#message(handle, { request: 'unpublish' });
      await this.#event(handle, ({ plugindata }) => JSON.stringify(plugindata ?? {}).includes('unpublished'));
    }
  }

  async #attach(): Promise<Handle> {
    const sessionId = (await this.#post('', { janus: 'create' })).data?.id ?? 0;
    const handleId = (await this.#post(`/${sessionId}`, { janus: 'attach', plugin: PLUGIN })).data?.id ?? 0;
    const handle = { sessionId, handleId };
    this.#handles.push(handle);
    return handle;
  }

  #message({ sessionId, handleId }: Handle, body: object, jsep?: object): Promise<JanusReply> {
    return this.#post(`/${sessionId}/${handleId}`, { janus: 'message', body, ...(jsep ? { jsep } : {}) });
  }

  async #event({ sessionId }: Handle, wanted: (event: JanusReply) => boolean): Promise<JanusReply> {
    for (;;) {
      const event = (await (await fetch(`${this.#url}/${sessionId}?maxev=1`)).json()) as JanusReply;
      const problem = event.error?.reason ?? event.plugindata?.data.error;
      if (problem !== undefined) throw new Error(`Janus: ${problem}`);
      if (wanted(event)) return event;
    }
  }

  async #post(path: string, message: object): Promise<JanusReply> {
    const body = JSON.stringify({ transaction: randomUUID(), ...message });
    const reply = (await (await fetch(`${this.#url}${path}`, { method: 'POST', body })).json()) as JanusReply;
    if (reply.janus === 'error') throw new Error(`Janus: ${reply.error?.reason}`);
    return reply;
  }
}
