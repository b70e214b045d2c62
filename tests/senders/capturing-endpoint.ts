/** A WHIP endpoint made of our own receiving side, which keeps what it receives instead of recording it. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { buildAnswer } from '@callreel/media/sdp/answer.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { Receiver } from '@callreel/server/sfu/receive/receiver.ts';
import { RtcPort } from '@callreel/server/sfu/transport/rtc-port.ts';
import { Transport } from '@callreel/server/sfu/transport/transport.ts';
import type { CapturedSender } from './captured.ts';

const TICK_MS = 10;
const START_BITRATE_KBPS = 300;
const nowMs = (): number => performance.now();

export class CapturingEndpoint {
  readonly #port: RtcPort;
  readonly #videoCodecs: readonly VideoCodecName[];
  readonly #server: Server;
  readonly #datagrams: CapturedSender['datagrams'] = [];
  #offer = '';
  #transport: Transport | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(port: RtcPort, videoCodecs: readonly VideoCodecName[]) {
    this.#port = port;
    this.#videoCodecs = videoCodecs;
    this.#server = createServer((request, answer) => {
      if (request.method === 'GET')
        answer.setHeader('Content-Type', 'text/html').end('<!doctype html><title>sender</title>');
      else if (request.method === 'DELETE') answer.end();
      else
        void text(request).then(async (offer) => {
          const headers = { 'Content-Type': 'application/sdp', Location: '/resource' };
          answer.writeHead(201, headers).end(await this.#answer(offer));
        });
    });
  }

  static async open(videoCodecs: readonly VideoCodecName[]): Promise<CapturingEndpoint> {
    const endpoint = new CapturingEndpoint(await RtcPort.open(0, '0.0.0.0'), videoCodecs);
    endpoint.#server.listen(0, '127.0.0.1');
    await once(endpoint.#server, 'listening');
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  get captured(): Pick<CapturedSender, 'offer' | 'datagrams'> {
    return { offer: this.#offer, datagrams: this.#datagrams };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#transport?.close();
    this.#port.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(offerText: string): Promise<string> {
    const offer = parseOffer(offerText);
    const choice = chooseMedia(offer, { audioCodecs: ['opus'], videoCodecs: this.#videoCodecs });
    const receiver = this.#receiver(choice);
    this.#offer = offerText;
    this.#timer = setInterval(() => receiver.tick(nowMs()), TICK_MS);
    this.#transport = await Transport.open({
      id: 'captured',
      rtcPort: this.#port,
      announceAddresses: [],
      connection: choice.connection,
      buildAnswer: (own) => buildAnswer({ ...own, offer, choice, startBitrateKbps: START_BITRATE_KBPS }),
      nowMs,
      handler: {
        handlePacket: (bytes, arrivalMs) => {
          this.#datagrams.push({ arrivalMs, bytes });
          receiver.handlePacket(bytes, arrivalMs);
        },
        handleOpen: () => {
          receiver.handleOpen();
          receiver.requestKeyFrame(nowMs());
        },
        handleClosed: () => {},
      },
    });
    return this.#transport.answer;
  }

  #receiver(choice: ReturnType<typeof chooseMedia>): Receiver {
    const ignore = (): void => {};
    const sink = { handlePacket: ignore, handleSenderReport: ignore, handleSourceChange: ignore, handleLayer: ignore };
    const send = (bytes: Uint8Array): void => void this.#transport?.send(bytes);
    return new Receiver({ choice, ssrc: randomInt(1, 2 ** 32), send, sink, nowMs: nowMs() });
  }
}
