/** For tests: the least that a caller can publish to. Answers over node-datachannel, keeps every packet, asks again for what is missing. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AUDIO_CODEC_NAMES } from '@callreel/contract/conference.ts';
import { buildNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { isRtcp, parseRtp, type RtpPacket } from '@callreel/media/rtp/packet.ts';
import { buildAnswer } from '@callreel/media/sdp/answer.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { readLocalConnection } from '@callreel/media/sdp/local-connection.ts';
import { buildMiniOffer } from '@callreel/media/sdp/mini-offer.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { PeerConnection, type Track } from 'node-datachannel';

export const TOKEN = 'let-me-in';

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

export class WhipReceiver {
  /** Everything that came, in its order. */
  readonly received: ({ kind: 'rtp'; packet: RtpPacket } | { kind: 'rtcp'; bytes: Buffer })[] = [];
  /** What became of the connection, beyond its being open. */
  readonly states: string[] = [];
  readonly deleted: string[] = [];
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  #connection: PeerConnection | undefined;
  #track: Track | undefined;
  readonly #lastNumbers = new Map<number, number>();

  static async start(): Promise<WhipReceiver> {
    const receiver = new WhipReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get whipUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/whip`;
  }

  packetsOf(payloadType: number): RtpPacket[] {
    return this.received.flatMap((each) =>
      each.kind === 'rtp' && each.packet.payloadType === payloadType ? [each.packet] : [],
    );
  }

  async close(): Promise<void> {
    this.#track?.close();
    this.#connection?.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401).end('no');
    } else if (request.method === 'DELETE') {
      this.deleted.push(request.url ?? '');
      response.writeHead(200).end();
    } else {
      response.writeHead(201, { location: '/whip/1', 'content-type': 'application/sdp' }).end(await this.#answer(body));
    }
  }

  async #answer(sdp: string): Promise<string> {
    const offer = parseOffer(sdp);
    const choice = chooseMedia(offer, { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: ['VP8', 'H264'] });
    const connection = new PeerConnection('receiver', {
      iceServers: [],
      disableAutoNegotiation: true,
      mtu: 1500,
      bindAddress: '127.0.0.1',
    });
    this.#connection = connection;
    const gathered = new Promise<void>((resolve) => {
      connection.onGatheringStateChange((state) => state === 'complete' && resolve());
    });
    connection.onTrack((track) => this.#keep(track));
    connection.onStateChange((state) => this.states.push(state));
    connection.setRemoteDescription(buildMiniOffer(choice.connection), 'offer');
    connection.setLocalDescription('answer');
    await gathered;
    const local = readLocalConnection(connection.localDescription()?.sdp ?? '');
    return buildAnswer({ offer, choice, local, sessionId: '1', startBitrateKbps: 500 });
  }

  #keep(track: Track): void {
    this.#track = track;
    track.onClosed(() => {});
    track.onMessage((bytes) => {
      const packet = isRtcp(bytes) ? undefined : parseRtp(bytes);
      if (packet) this.#askForMissing(packet);
      this.received.push(packet ? { kind: 'rtp', packet } : { kind: 'rtcp', bytes });
    });
  }

  #askForMissing({ ssrc, sequenceNumber }: RtpPacket): void {
    const last = this.#lastNumbers.get(ssrc);
    this.#lastNumbers.set(ssrc, sequenceNumber);
    const missing = last === undefined ? 0 : (sequenceNumber - last - 1) & 0xffff;
    const numbers = Array.from({ length: missing }, (_, index) => ((last ?? 0) + 1 + index) & 0xffff);
    if (numbers.length > 0) this.#track?.sendMessageBinary(Buffer.from(buildNack(1, ssrc, numbers)));
  }
}
