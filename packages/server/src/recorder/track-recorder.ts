/** One track from packets to frames at their time: reorder → depacketize → clock. */
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import type { TrackClock } from '@callreel/media/clock/track-clock.ts';
import { createDepacketizer } from '@callreel/media/depacketize/create.ts';
import type { Depacketizer, DepacketizerOutput } from '@callreel/media/depacketize/depacketizer.ts';
import type { EncodedFrame } from '@callreel/media/frame/frame.ts';
import type { OrderedPacket } from '@callreel/media/reorder/ordered-packet.ts';
import { ReorderBuffer } from '@callreel/media/reorder/reorder-buffer.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';

/** A frame and when it was taken, milliseconds of the monotonic clock. */
export type TimedFrame = { frame: EncodedFrame; localMs: number };

export type TrackRecorderOptions = {
  codec: VideoCodecName | AudioCodecName;
  clock: TrackClock;
  /** Pictures are missing, and no other can be decoded until a key frame comes. */
  onNeedsKeyFrame: () => void;
};

/** No path holds a packet longer: a clock that says so is mistaken, or the sender lies. */
const MAX_TRANSIT_MS = 10_000;
/**
 * A queue that empties shows that all was mapped too late until then, by as much as it held: the clock works that off for all tracks alike. Held
 * to its arrival each would shake with the path's jitter instead.
 */
const MAX_AHEAD_MS = 1000;

/** The packets of one SSRC; a resumed publication gets a new one. */
export class TrackRecorder {
  readonly #buffer = new ReorderBuffer();
  readonly #depacketizer: Depacketizer;
  readonly #options: TrackRecorderOptions;

  constructor(options: TrackRecorderOptions) {
    this.#options = options;
    this.#depacketizer = createDepacketizer(options.codec);
  }

  /** The clock hears of packets at once and is asked when they are released: what it learns in between costs no jump. */
  handlePacket(packet: RtpPacket, arrivalMs: number): void {
    if (this.#buffer.push(packet, arrivalMs) === 'accepted') this.#options.clock.arrival(packet.timestamp, arrivalMs);
  }

  handleSenderReport({ ntpMs, rtpTimestamp }: SenderReport, arrivalMs: number): void {
    this.#options.clock.report({ ntpMs, rtpTimestamp }, arrivalMs);
  }

  /** The frames of packets that came at `olderThanMs` or before. */
  release(olderThanMs: number): TimedFrame[] {
    return this.#framesOf(this.#buffer.release(olderThanMs));
  }

  /** All that is left. */
  flush(): TimedFrame[] {
    const frames = this.#framesOf(this.#buffer.flush());
    return [...frames, ...this.#timed(this.#depacketizer.flush())];
  }

  #framesOf(packets: OrderedPacket[]): TimedFrame[] {
    return packets.flatMap((packet) => this.#timed(this.#depacketizer.push(packet)));
  }

  #timed(outputs: DepacketizerOutput[]): TimedFrame[] {
    return outputs.flatMap((output) => {
      if (output.kind === 'frame') return this.#timedFrame(output.frame);
      if (output.needsKeyFrame) this.#options.onNeedsKeyFrame();
      return [];
    });
  }

  /** A frame without bytes has no place in a file. */
  #timedFrame(frame: EncodedFrame): TimedFrame[] {
    return frame.data.length > 0 ? [{ frame, localMs: this.#localMs(frame) }] : [];
  }

  #localMs({ rtpTimestamp, arrivalMs }: EncodedFrame): number {
    const localMs = this.#options.clock.toLocalMs(rtpTimestamp);
    if (!Number.isFinite(localMs)) return arrivalMs;
    return Math.min(arrivalMs + MAX_AHEAD_MS, Math.max(arrivalMs - MAX_TRANSIT_MS, localMs));
  }
}
