/**
 * The pictures of one publication that come in several sizes at once (simulcast), each layer a stream of its own with its own counters and
 * clock: one layer at a time goes into the file. Another is taken over at its key frame, cut by the time at which pictures were taken,
 * so that none is missing and none comes twice.
 */
import type { ClockStep } from '@callreel/media/clock/slew.ts';
import type { DropReason } from '@callreel/media/depacketize/depacketizer.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { type Missing, NOTHING_MISSING } from './report/evidence.ts';
import type { TimedFrame, TrackRecorder } from './track-recorder.ts';

/** From now on the pictures of this stream are wanted. `name` is its rid. */
export type ChosenLayer = { ssrc: number; name: string; atMs: number };

/** From this picture on the file holds this layer; the first one too. For the recording's report. */
export type LayerCut = { localMs: number; name: string; width: number; height: number };

export type PictureLayersOptions = {
  makeTrack: (onNeedsKeyFrame: () => void, onLeftOut: (reason: DropReason) => void) => TrackRecorder;
  /** Nothing can be decoded, or no other layer taken over, until one comes. */
  onNeedsKeyFrame: () => void;
  /** Of the layer that the file holds. */
  onLeftOut: (reason: DropReason) => void;
  onCut: (cut: LayerCut) => void;
};

/**
 * How long pictures wait for the key frame of another layer that may belong before them: a large one takes its time on the way. With the
 * 400 ms that packets wait and 200 until they are written it stays below a second.
 */
const CUT_WAIT_MS = 250;
/** Two layers' pictures of one moment, as their clocks tell it. */
const SAME_PICTURE_MS = 6;
/** Key frames that came too late; the next one is taken all the same. */
const MAX_LATE_CUTS = 2;
/** Each SSRC that was ever chosen has a reorder buffer; senders replace them seldom. */
const MAX_TRACKS = 6;

export class PictureLayers {
  readonly #options: PictureLayersOptions;
  readonly #tracks = new Map<number, TrackRecorder>();
  readonly #names = new Map<number, string>();
  #current: number | undefined;
  #target: number | undefined;
  /** Pictures of the current layer that wait for the cut. */
  #held: TimedFrame[] = [];
  #placedMs = Number.NEGATIVE_INFINITY;
  /** How far the target's own pictures came. */
  #targetMs = Number.NEGATIVE_INFINITY;
  #lateCuts = 0;
  /** The layer of the last cut. */
  #told: number | undefined;

  constructor(options: PictureLayersOptions) {
    this.#options = options;
  }

  /** What is missing since the last picture of the layer that the file holds. */
  get missing(): Missing {
    return this.#tracks.get(this.#current ?? 0)?.missing ?? NOTHING_MISSING;
  }

  /** What moved that layer's time since the last call. */
  takeClockSteps(): ClockStep[] {
    return this.#tracks.get(this.#current ?? 0)?.takeClockSteps() ?? [];
  }

  /** Of whatever layer: all are kept ready. */
  handlePacket(packet: RtpPacket, arrivalMs: number): void {
    this.#current ??= packet.ssrc;
    this.#target ??= packet.ssrc;
    const track = this.#tracks.get(packet.ssrc) ?? this.#addTrack(packet.ssrc);
    track.handlePacket(packet, arrivalMs);
  }

  handleSenderReport(report: SenderReport, arrivalMs: number): void {
    this.#tracks.get(report.ssrc)?.handleSenderReport(report, arrivalMs);
  }

  /** The current layer stays until a key frame of this one comes. */
  choose({ ssrc, name }: ChosenLayer): void {
    if (!this.#tracks.has(ssrc)) this.#addTrack(ssrc);
    this.#names.set(ssrc, name);
    this.#current ??= ssrc;
    this.#target = ssrc;
    this.#targetMs = Number.NEGATIVE_INFINITY;
    this.#lateCuts = 0;
  }

  /** The pictures of packets that came at `olderThanMs` or before; those around a cut up to a quarter of a second later. */
  release(olderThanMs: number): TimedFrame[] {
    const aroundCut = this.#releaseTracks((track) => track.release(olderThanMs));
    if (aroundCut !== undefined) return this.#place(aroundCut);
    if (this.#target === this.#current) return this.#placeCurrent(this.#held.splice(0));
    this.#options.onNeedsKeyFrame();
    return this.#placeCurrent(this.#overdue(olderThanMs));
  }

  /** All that is left. */
  flush(): TimedFrame[] {
    const aroundCut = this.#releaseTracks((track) => track.flush());
    return aroundCut === undefined ? this.#placeCurrent(this.#held.splice(0)) : this.#place(aroundCut);
  }

  /** The pictures around a cut, where there is one; else those of the current layer wait in `held`. */
  #releaseTracks(release: (track: TrackRecorder) => TimedFrame[]): TimedFrame[] | undefined {
    let ofTarget: TimedFrame[] = [];
    for (const [ssrc, track] of this.#tracks) {
      const frames = release(track);
      if (ssrc === this.#current) this.#held.push(...frames);
      else if (ssrc === this.#target) ofTarget = frames;
    }
    return this.#cut(ofTarget);
  }

  #cut(ofTarget: TimedFrame[]): TimedFrame[] | undefined {
    const index = ofTarget.findIndex((frame) => this.#isCut(frame));
    const keyFrame = ofTarget[index];
    if (keyFrame === undefined) {
      for (const { localMs } of ofTarget) this.#targetMs = Math.max(this.#targetMs, localMs);
      return undefined;
    }
    const left = this.#tracks.get(this.#current ?? 0)?.flush() ?? [];
    const before = [...this.#held.splice(0), ...left].filter(
      ({ localMs }) => localMs < keyFrame.localMs - SAME_PICTURE_MS,
    );
    this.#tell(before[0]);
    // What the other layer lacked before its key frame is nothing to the file.
    const { missing } = this;
    this.#current = this.#target;
    this.#tell(keyFrame);
    return [...before, { ...keyFrame, missing }, ...ofTarget.slice(index + 1)];
  }

  /** A key frame from before what is in the file already would have the picture jump back. */
  #isCut({ frame, localMs }: TimedFrame): boolean {
    if (frame.kind !== 'video' || !frame.keyFrame) return false;
    if (localMs > this.#placedMs - SAME_PICTURE_MS || this.#lateCuts >= MAX_LATE_CUTS) return true;
    this.#lateCuts += 1;
    return false;
  }

  /** Those before which no key frame of the target can come any more, or that have waited for long enough. */
  #overdue(olderThanMs: number): TimedFrame[] {
    const isDue = ({ frame, localMs }: TimedFrame): boolean =>
      localMs <= this.#targetMs + SAME_PICTURE_MS || frame.arrivalMs <= olderThanMs - CUT_WAIT_MS;
    const waiting = this.#held.findIndex((frame) => !isDue(frame));
    return this.#held.splice(0, waiting < 0 ? this.#held.length : waiting);
  }

  /** Of the first picture that the file has of the current layer. */
  #tell(first: TimedFrame | undefined): void {
    const name = this.#names.get(this.#current ?? 0);
    if (first?.frame.kind !== 'video' || name === undefined || this.#told === this.#current) return;
    this.#told = this.#current;
    const { width, height } = first.frame.size ?? { width: 0, height: 0 };
    this.#options.onCut({ localMs: first.localMs, name, width, height });
  }

  #placeCurrent(frames: TimedFrame[]): TimedFrame[] {
    this.#tell(frames[0]);
    return this.#place(frames);
  }

  #place(frames: TimedFrame[]): TimedFrame[] {
    for (const { localMs } of frames) this.#placedMs = Math.max(this.#placedMs, localMs);
    return frames;
  }

  #addTrack(ssrc: number): TrackRecorder {
    const track = this.#options.makeTrack(
      () => {
        if (ssrc === this.#current || ssrc === this.#target) this.#options.onNeedsKeyFrame();
      },
      (reason) => {
        if (ssrc === this.#current) this.#options.onLeftOut(reason);
      },
    );
    this.#tracks.set(ssrc, track);
    for (const oldest of this.#tracks.keys()) {
      if (this.#tracks.size <= MAX_TRACKS) break;
      if (oldest !== this.#current && oldest !== this.#target && oldest !== ssrc) this.#forget(oldest);
    }
    return track;
  }

  #forget(ssrc: number): void {
    this.#tracks.delete(ssrc);
    this.#names.delete(ssrc);
  }
}
