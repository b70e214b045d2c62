/** One track from packets to frames at their time: reorder → depacketize → clock. */
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import type { ClockStep } from '@callreel/media/clock/slew.ts';
import type { TrackClock } from '@callreel/media/clock/track-clock.ts';
import { createDepacketizer } from '@callreel/media/depacketize/create.ts';
import type { Depacketizer, DepacketizerOutput, DropReason } from '@callreel/media/depacketize/depacketizer.ts';
import type { EncodedFrame } from '@callreel/media/frame/frame.ts';
import type { OrderedPacket } from '@callreel/media/reorder/ordered-packet.ts';
import { ReorderBuffer } from '@callreel/media/reorder/reorder-buffer.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { type Missing, NOTHING_MISSING } from './report/evidence.ts';

/** A frame and when it was taken, milliseconds of the monotonic clock; and what was missing since the one before it. */
export type TimedFrame = { frame: EncodedFrame; localMs: number; missing: Missing };

export type TrackRecorderOptions = {
  codec: VideoCodecName | AudioCodecName;
  clock: TrackClock;
  /** Pictures are missing, and no other can be decoded until a key frame comes. */
  onNeedsKeyFrame: () => void;
  onLeftOut: (reason: DropReason) => void;
};

/** No path holds a packet longer: a clock that says so is mistaken, or the sender lies. */
const MAX_TRANSIT_MS = 10_000;
/**
 * A queue that empties shows that all was mapped too late until then, by as much as it held: the clock works that off for all tracks alike. Held
 * to its arrival each would shake with the path's jitter instead.
 */
const MAX_AHEAD_MS = 1000;

/** A jump of more than this is no loss: the sender counts anew (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;

/** The packets of one SSRC; a resumed publication gets a new one. */
export class TrackRecorder {
  readonly #buffer = new ReorderBuffer();
  readonly #depacketizer: Depacketizer;
  readonly #options: TrackRecorderOptions;
  #missing: Missing = { ...NOTHING_MISSING };
  #lastSequenceNumber: number | undefined;

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

  /** What is missing since the last frame. */
  get missing(): Missing {
    return this.#missing;
  }

  /** What moved the track's time since the last call. */
  takeClockSteps(): ClockStep[] {
    return this.#options.clock.takeSteps();
  }

  /** The frames of packets that came at `olderThanMs` or before. */
  release(olderThanMs: number): TimedFrame[] {
    return this.#framesOf(this.#buffer.release(olderThanMs));
  }

  /** All that is left. */
  flush(): TimedFrame[] {
    const frames = this.#framesOf(this.#buffer.flush());
    // A picture that was not sent to its end is not missing.
    const ending = this.#depacketizer.flush().filter(({ kind }) => kind === 'frame');
    for (const output of ending) this.#take(output, frames);
    return frames;
  }

  #framesOf(packets: readonly OrderedPacket[]): TimedFrame[] {
    const frames: TimedFrame[] = [];
    for (const packet of packets) {
      this.#countMissing(packet.sequenceNumber);
      for (const output of this.#depacketizer.push(packet)) this.#take(output, frames);
    }
    return frames;
  }

  #countMissing(sequenceNumber: number): void {
    const missing = sequenceNumber - (this.#lastSequenceNumber ?? sequenceNumber - 1) - 1;
    this.#lastSequenceNumber = sequenceNumber;
    if (missing > 0 && missing <= MAX_DROPOUT) this.#missing.packets += missing;
  }

  #take(output: DepacketizerOutput, frames: TimedFrame[]): void {
    if (output.kind === 'dropped') {
      this.#missing.frames += 1;
      this.#options.onLeftOut(output.reason);
      if (output.needsKeyFrame) this.#options.onNeedsKeyFrame();
      return;
    }
    const { frame } = output;
    // A frame without bytes has no place in a file.
    if (frame.data.length === 0) return;
    frames.push({ frame, localMs: this.#localMs(frame), missing: this.#missing });
    this.#missing = { ...NOTHING_MISSING };
  }

  #localMs({ rtpTimestamp, arrivalMs }: EncodedFrame): number {
    const localMs = this.#options.clock.toLocalMs(rtpTimestamp);
    if (!Number.isFinite(localMs)) return arrivalMs;
    return Math.min(arrivalMs + MAX_AHEAD_MS, Math.max(arrivalMs - MAX_TRANSIT_MS, localMs));
  }
}
