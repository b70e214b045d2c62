/** For tests: sources of pictures with counters of their own, and one subscriber's track whose packets are kept. */
import assert from 'node:assert/strict';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { isRtcp, parseRtp, type RtpPacket } from '@callreel/media/rtp/packet.ts';
import { packetizeVp9 } from '@callreel/synthetic/packetize/vp9.ts';
import { Feed } from './feed.ts';
import { OutgoingTrack } from './outgoing-track.ts';
import { PacketWriter } from './packet-writer.ts';
import { ReportClock } from './report-clock.ts';

export const FRAME_MS = 40;
export const TICKS = 90;

type Picture = {
  pictureId: number;
  tl0: number;
  keyFrame: boolean;
  temporalLayer: number;
  /** VP8's Y and VP9's U. */
  sync: boolean;
};

/** Descriptor and the head of a key frame of 640x360, or of a picture that leans on it. */
const PAYLOADS: Partial<Record<VideoCodecName, (picture: Picture) => Uint8Array>> = {
  VP8: ({ pictureId, tl0, keyFrame, temporalLayer, sync }) =>
    Uint8Array.of(
      ...[0x90, 0xe0, 0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff, tl0 & 0xff],
      (temporalLayer << 6) | (sync ? 0x20 : 0),
      ...(keyFrame ? [0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01] : [1, 0, 0, 0, 0]),
    ),
  VP9: ({ pictureId, tl0, keyFrame, temporalLayer, sync }) => {
    const frame = keyFrame ? [0x82, 0x49, 0x83, 0x42, 0x40, 0x27, 0xf0, 0x16, 0x70] : [0x87, 0, 0, 0];
    const layering = { temporalLayer, switchingUpPoint: sync, tl0PictureIndex: tl0 & 0xff };
    const [payload] = packetizeVp9([Uint8Array.from(frame)], {
      ...{ pictureId, layering, references: keyFrame ? [] : [1] },
    });
    return payload ?? assert.fail();
  },
  // N: a coded video sequence begins; one OBU of a frame, without a size.
  AV1: ({ keyFrame }) => Uint8Array.of(keyFrame ? 0x18 : 0x10, 0x30, 1, 2, 3),
};

/** One source of pictures. */
export class VirtualLayer {
  readonly feed: Feed;
  readonly #codec: VideoCodecName;
  readonly #first: { sequenceNumber: number; timestamp: number; pictureId: number; tl0: number };

  constructor(ssrc: number, codec: VideoCodecName = 'VP8') {
    this.#codec = codec;
    this.feed = new Feed('video', ssrc, codec);
    this.#first = {
      sequenceNumber: 65_500 + ssrc,
      timestamp: ssrc * 1e9,
      pictureId: 32_700 + ssrc * 7,
      tl0: 250 - ssrc,
    };
  }

  packet(
    frame: number,
    keyFrame: boolean,
    layering?: { temporalLayer: number; sync: boolean; tl0: number },
  ): RtpPacket {
    const { sequenceNumber, timestamp, pictureId, tl0 } = this.#first;
    const { temporalLayer = 0, sync = false, tl0: step = frame } = layering ?? {};
    const picture = { pictureId: (pictureId + frame) & 0x7fff, tl0: tl0 + step, keyFrame, temporalLayer, sync };
    return {
      payloadType: 96,
      marker: true,
      sequenceNumber: (sequenceNumber + frame) & 0xffff,
      timestamp: (timestamp + frame * FRAME_MS * TICKS) >>> 0,
      ssrc: this.feed.ssrc,
      payload: PAYLOADS[this.#codec]?.(picture) ?? assert.fail(this.#codec),
      extension: undefined,
    };
  }

  /** What its sender report says of media time 0. */
  reportTo(clock: ReportClock): void {
    const report = { ssrc: this.feed.ssrc, ntpMs: 1e12, ntpMiddle32: 0, rtpTimestamp: this.#first.timestamp >>> 0 };
    clock.handleReport({ ...report, packetCount: 0, octetCount: 0 }, 0, 1.7e12);
  }
}

/** One track on its way to a subscriber. */
export class OutgoingStand {
  readonly sent: Buffer[] = [];
  readonly clock = new ReportClock();
  readonly writer = new PacketWriter();
  readonly track: OutgoingTrack;

  constructor(rtx = true) {
    this.track = new OutgoingTrack({
      ...{ kind: 'video', cname: 'x', ssrc: 9, payloadType: 120, ticksPerMs: TICKS },
      rtx: rtx ? { ssrc: 10, payloadType: 121 } : undefined,
      ...{ mid: { id: 1, value: 'v' }, sendTimeId: undefined, audioLevelId: undefined },
      ...{ clock: this.clock, writer: this.writer, send: (bytes) => this.sent.push(Buffer.from(bytes)) },
    });
  }

  feed(layer: VirtualLayer, frame: number, keyFrame: boolean, nowMs = frame * FRAME_MS): void {
    this.take(layer, layer.packet(frame, keyFrame), nowMs);
  }

  take(layer: VirtualLayer, packet: RtpPacket, nowMs: number): void {
    const fed = layer.feed.take(packet, undefined, nowMs);
    if (fed === undefined) return;
    this.writer.setPayload(packet.payload);
    this.track.forward(layer.feed, fed, nowMs);
  }

  get packets(): RtpPacket[] {
    return this.sent.filter((bytes) => !isRtcp(bytes)).map((bytes) => parseRtp(bytes) ?? assert.fail());
  }
}
