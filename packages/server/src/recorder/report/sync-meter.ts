/**
 * How far sound and picture lie apart in the file, beside what the sender says. Each track's frames are put beside the track's own
 * newest sender reports: by how much does the file's time differ from the sender's? The difference of the two tracks' differences is
 * the offset. It uses none of what the clocks made of those reports.
 */
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { TrackKind } from '../recording-spec.ts';

/** Above zero: the sound is late. */
export type Offset = { ms: number; atMs: number };

type Point = { rtpTimestamp: number; localMs: number };
type Track = {
  report: SenderReport | undefined;
  agreed: boolean;
  /** Reports of several layers, each with timestamps of its own: frames do not say which is theirs. */
  isMixed: boolean;
  first: Point | undefined;
  differenceMs: number | undefined;
};

const VIDEO_TICKS_PER_MS = 90;
/** A report that its successor contradicts says nothing. */
const REPORTS_AGREE_MS = 50;

const newTrack = (): Track => ({
  report: undefined,
  agreed: false,
  isMixed: false,
  first: undefined,
  differenceMs: undefined,
});

/** Distance of 32-bit timestamps; either may have been unwrapped. */
const ticksBetween = (later: number, earlier: number): number => (later - earlier) | 0;

export class SyncMeter {
  readonly #tracks: Record<TrackKind, Track> = { audio: newTrack(), video: newTrack() };
  readonly #ticksPerMs: Record<TrackKind, number>;
  #largest: Offset | undefined;

  /** Of the sound's RTP clock. */
  constructor(soundClockRateHz: number) {
    this.#ticksPerMs = { audio: soundClockRateHz / 1000, video: VIDEO_TICKS_PER_MS };
  }

  /** Undefined while not both tracks have two sender reports that agree. */
  get largest(): Offset | undefined {
    return this.#largest;
  }

  /** Timestamps begin anew, and with them all that is known of them. */
  restart(): void {
    this.#tracks.audio = newTrack();
    this.#tracks.video = newTrack();
  }

  handleSenderReport(kind: TrackKind, report: SenderReport): void {
    const track = this.#tracks[kind];
    const before = track.report;
    track.report = report;
    if (before === undefined) return;
    if (before.ssrc !== report.ssrc) track.isMixed = true;
    if (track.isMixed) return;
    const mediaMs = ticksBetween(report.rtpTimestamp, before.rtpTimestamp) / this.#ticksPerMs[kind];
    track.agreed = Math.abs(report.ntpMs - before.ntpMs - mediaMs) <= REPORTS_AGREE_MS;
    // The first frame of all was placed when least was known.
    if (track.agreed && track.first !== undefined) {
      this.#measure(kind, track.first);
      track.first = undefined;
    }
  }

  /** A frame lies at this time in the file. */
  place(kind: TrackKind, rtpTimestamp: number, localMs: number): void {
    const track = this.#tracks[kind];
    if (track.agreed) this.#measure(kind, { rtpTimestamp, localMs });
    else track.first ??= { rtpTimestamp, localMs };
  }

  #measure(kind: TrackKind, { rtpTimestamp, localMs }: Point): void {
    const track = this.#tracks[kind];
    if (track.report === undefined || track.isMixed) return;
    const sinceReportMs = ticksBetween(rtpTimestamp, track.report.rtpTimestamp) / this.#ticksPerMs[kind];
    track.differenceMs = localMs - (track.report.ntpMs + sinceReportMs);
    const { audio, video } = this.#tracks;
    if (audio.differenceMs === undefined || video.differenceMs === undefined) return;
    const ms = audio.differenceMs - video.differenceMs;
    if (Math.abs(ms) > Math.abs(this.#largest?.ms ?? 0)) this.#largest = { ms, atMs: localMs };
    this.#largest ??= { ms, atMs: localMs };
  }
}
