/** For tests: a publisher over real WebRTC on loopback, whose packets are sent one by one. */
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseKeyFrameRequest } from '@callreel/media/rtcp/key-frame-request.ts';
import { parseNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { isRtcp } from '@callreel/media/rtp/packet.ts';
import { readAnswer } from '@callreel/synthetic/send/answer.ts';
import { buildOffer, type OfferedTrack } from '@callreel/synthetic/send/offer.ts';
import { SendingPeer } from '@callreel/synthetic/send/peer.ts';
import { TrackSender } from '@callreel/synthetic/send/track-sender.ts';

const LOOPBACK = '127.0.0.1';

const AUDIO: OfferedTrack = { kind: 'audio', mid: '0', codec: 'opus', payloadType: 111, ssrc: 1001, rtx: undefined };
const VIDEO: OfferedTrack = {
  kind: 'video',
  mid: '1',
  codec: 'VP8',
  payloadType: 96,
  ssrc: 2001,
  rtx: { payloadType: 97, ssrc: 2002 },
};

/** Of a VP8 picture and of a key frame of 640x360, the descriptor and the header: nobody here looks further. */
const PICTURE = Uint8Array.of(0x10, 0x11, 0x02, 0x00, 0, 0, 0, 0);
const KEY_FRAME = Uint8Array.of(0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 0, 0, 0, 0);
/** 20 ms of silence. */
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

export type Connect = (offer: string) => Promise<string>;

export class Publisher {
  readonly #peer: SendingPeer;
  readonly #audio: TrackSender;
  readonly #video: TrackSender;
  #audioMs = 0;
  #videoMs = 0;
  /** Each time that the other side asks for a key frame. */
  onKeyFrameRequest: () => void = () => {};
  readonly #keyFrameRequest = Promise.withResolvers<void>();

  private constructor(peer: SendingPeer, midExtensionId: number | undefined) {
    const start = { sequenceNumber: 65_530, timestamp: 5 };
    this.#peer = peer;
    this.#audio = new TrackSender(AUDIO, midExtensionId, start, 'publisher');
    this.#video = new TrackSender(VIDEO, midExtensionId, start, 'publisher');
    peer.onMessage = (bytes) => this.#handleMessage(bytes);
  }

  /** Offers sound and video; `connect` answers. Resolves when the connection is open. */
  static async publish(connect: Connect): Promise<Publisher> {
    const { peer, transport } = await SendingPeer.create(LOOPBACK);
    try {
      const offer = buildOffer([AUDIO, VIDEO], { transport, setup: 'passive', cname: 'publisher' });
      const answer = readAnswer(await connect(offer));
      const publisher = new Publisher(peer, answer.tracks[0]?.midExtensionId);
      await peer.connect(answer.transportLines);
      return publisher;
    } catch (error) {
      peer.close();
      throw error;
    }
  }

  /** Resolves when the other side asked for a key frame. */
  get keyFrameRequested(): Promise<void> {
    return this.#keyFrameRequest.promise;
  }

  /** One packet of sound, and its report where it is the first. */
  sendSound(): void {
    for (const { bytes } of this.#audio.packetize([SILENCE], this.#audioMs)) this.#peer.send(bytes);
    if (this.#audioMs === 0) this.#peer.send(this.#audio.report(performance.now(), performance.now()));
    this.#audioMs += 20;
  }

  /** One picture of one packet. */
  sendPicture(): void {
    for (const bytes of this.#packetizePicture(PICTURE)) this.#peer.send(bytes);
  }

  sendKeyFrame(): void {
    for (const bytes of this.#packetizePicture(KEY_FRAME)) this.#peer.send(bytes);
  }

  /** A picture that the network loses: it is sent only when it is asked for again. */
  losePicture(): void {
    this.#packetizePicture(PICTURE);
  }

  /** Any bytes, as RTP or RTCP of this connection; false where the other side has closed it. */
  sendRaw(bytes: Uint8Array): boolean {
    try {
      this.#peer.send(Buffer.from(bytes));
      return true;
    } catch {
      return false;
    }
  }

  /** Without a goodbye: libdatachannel says none. Idempotent. */
  close(): void {
    this.#peer.close();
  }

  #packetizePicture(payload: Uint8Array): Buffer[] {
    const packets = this.#video.packetize([payload], this.#videoMs);
    this.#videoMs += 40;
    return packets.map(({ bytes }) => bytes);
  }

  #handleMessage(bytes: Buffer): void {
    if (!isRtcp(bytes)) return;
    for (const packet of rtcpPackets(bytes)) {
      if (parseKeyFrameRequest(packet)) {
        this.#keyFrameRequest.resolve();
        this.onKeyFrameRequest();
      }
      for (const sequenceNumber of parseNack(packet)?.sequenceNumbers ?? []) {
        const resent = this.#video.resend(sequenceNumber);
        if (resent) this.#peer.send(resent);
      }
    }
  }
}
