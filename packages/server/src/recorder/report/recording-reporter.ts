/** Keeps a recording's report while it is written: told of all that comes, is missing and is placed. */
import type { LayerEntry, LeftOutReason, RecordingReport, VerdictReason } from '@callreel/contract/recording-report.ts';
import type { ClockStep } from '@callreel/media/clock/slew.ts';
import type { GapLine, IndexLine } from '@callreel/media/matroska/index-line.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { TrackKind } from '../recording-spec.ts';
import { type Counts, countLeftOut, noTally, noteClockSteps, type TrackTally } from './counts.ts';
import type { Missing } from './evidence.ts';
import { makeReport } from './make-report.ts';
import { NetworkTally, type ReceiverCounts } from './network-tally.ts';
import { PictureLedger } from './picture-ledger.ts';
import { Presence } from './presence.ts';
import { SoundLedger } from './sound-ledger.ts';
import { SyncMeter } from './sync-meter.ts';

/** Which of a publication's layers is recorded from now on; times are milliseconds of the monotonic clock. */
export type LayerChange = { atMs: number; rid?: string };

/** A frame of the sender's at its place in the file, with what was missing before it. */
export type ReportedFrame = { rtpTimestamp: number; localMs: number; missing: Missing };
export type ReportedSound = ReportedFrame & { durationMs: number; isSilence: boolean };

const MAX_LAYERS = 128;
/** Sound may be faster than time by a little: a clock that is corrected. */
const MOST_SOUND_OUT_OF_PLACE = 0.02;
const LEAST_SOUND_OUT_OF_PLACE_MS = 1000;

export class RecordingReporter {
  readonly #tracks: readonly TrackKind[];
  readonly #onGap: (line: GapLine) => void;
  readonly #sound = new SoundLedger((cause, startMs, endMs) => this.#takeGap('audio', cause, startMs, endMs));
  readonly #pictures = new PictureLedger((cause, startMs, endMs) => this.#takeGap('video', cause, startMs, endMs));
  readonly #ledgers = { audio: this.#sound, video: this.#pictures };
  readonly #network = new NetworkTally();
  readonly #sync: SyncMeter;
  readonly #presence = new Presence();
  readonly #tally: Record<TrackKind, TrackTally> = { audio: noTally(), video: noTally() };
  readonly #steps: Record<TrackKind, ClockStep[]> = { audio: [], video: [] };
  readonly #layers: LayerChange[] = [];
  /** Nothing came yet over the newest connection. */
  #isAway = false;
  /** The last layer told of was another connection's. */
  #layerIsPast = false;
  #ownRequests = 0;
  #soundMs = 0;
  /** What came before the file's time 0 was known, in its order: a quarter of a second's worth. */
  #early: (() => void)[] = [];
  #soundOutOfPlaceMs = 0;
  #zeroMs: number | undefined;

  /** `onGap` is told of each gap when its end is known. */
  constructor(tracks: readonly TrackKind[], onGap: (line: GapLine) => void, soundClockRateHz: number) {
    this.#sync = new SyncMeter(soundClockRateHz);
    this.#tracks = tracks;
    this.#onGap = onGap;
  }

  /** The file's time 0 on the monotonic clock. A second call changes nothing. */
  begin(zeroMs: number): void {
    if (this.#zeroMs !== undefined) return;
    this.#zeroMs = zeroMs;
    this.#sound.begin(zeroMs);
    this.#pictures.begin(zeroMs);
    for (const step of this.#early) step();
    this.#early = [];
  }

  handlePacket(track: TrackKind, arrivalMs: number): void {
    this.#tally[track].packets.received += 1;
    if (this.#isAway) this.#handleReturn(arrivalMs);
  }

  handleSenderReport(track: TrackKind, report: SenderReport): void {
    this.#sync.handleSenderReport(track, report);
  }

  /** Of a connection that was there before the recording: what it had counted by then. */
  handleEarlierCounts(counts: ReceiverCounts): void {
    this.#network.handleEarlierCounts(counts);
  }

  handleReceiverCounts(counts: ReceiverCounts): void {
    this.#network.handleCounts(counts);
  }

  handleLayer(change: LayerChange): void {
    this.#layerIsPast = false;
    if (this.#layers.length < MAX_LAYERS) this.#layers.push(change);
  }

  handleClockSteps(track: TrackKind, steps: readonly ClockStep[]): void {
    this.#steps[track].push(...steps);
  }

  handleKeyFrameRequest(): void {
    this.#ownRequests += 1;
  }

  setMuted(muted: boolean, nowMs: number): void {
    this.#sound.setMuted(muted, nowMs);
  }

  /** The publication goes on after its connection was lost; all of the old one's media is placed. */
  handleReconnect(): void {
    // A connection that brought nothing to place took nothing from the file, which begins with the next one.
    if (this.#zeroMs !== undefined || this.#early.length > 0) {
      this.#inOrder(() => {
        this.#sound.noteDisconnect();
        this.#pictures.noteDisconnect();
      });
    }
    this.#network.handleNewConnection();
    this.#isAway = true;
    this.#layerIsPast = this.#layers.length > 0;
  }

  /** A track's part of the recording rests; all that came of it before is placed. */
  handlePause(track: TrackKind, atMs: number): void {
    this.#inOrder(() => this.#ledgers[track].pause(atMs));
  }

  handleGoingOn(track: TrackKind, atMs: number): void {
    this.#inOrder(() => this.#ledgers[track].goOn(atMs));
  }

  #handleReturn(atMs: number): void {
    this.#isAway = false;
    this.#inOrder(() => {
      this.#sound.noteReturn(atMs);
      this.#pictures.noteReturn(atMs);
    });
  }

  /** Another SSRC, with another clock. */
  handleNewClock(): void {
    this.#sync.restart();
  }

  /** Frames that came and are not in the file. */
  handleLeftOut(track: TrackKind, reason: LeftOutReason): void {
    countLeftOut(this.#tally[track].leftOut, reason);
    if (reason === 'disk') this.#ledgers[track].noteDisk();
  }

  /** What was missing when a track's packets came to an end. */
  handleMissing(track: TrackKind, missing: Missing): void {
    this.#tally[track].packets.missing += missing.packets;
    this.#ledgers[track].noteMissing(missing);
  }

  /** Sound that came, and has no place. */
  handleSoundOutOfPlace(durationMs: number): void {
    countLeftOut(this.#tally.audio.leftOut, 'outOfPlace');
    this.#soundMs += durationMs;
    this.#soundOutOfPlaceMs += durationMs;
  }

  placeSound(sound: ReportedSound): void {
    this.#inOrder(() => this.#placeSound(sound));
  }

  placePicture(picture: ReportedFrame): void {
    this.#inOrder(() => this.#placePicture(picture));
  }

  #inOrder(step: () => void): void {
    if (this.#zeroMs === undefined) this.#early.push(step);
    else step();
  }

  #placeSound({ rtpTimestamp, localMs, durationMs, isSilence, missing }: ReportedSound): void {
    this.handleMissing('audio', missing);
    this.#soundMs += durationMs;
    this.#sound.place(localMs, durationMs, isSilence);
    this.#sync.place('audio', rtpTimestamp, localMs);
  }

  #placePicture({ rtpTimestamp, localMs, missing }: ReportedFrame): void {
    // One stream in place of the layers of the connection before.
    if (this.#layerIsPast) this.handleLayer({ atMs: localMs });
    this.handleMissing('video', missing);
    this.#pictures.place(localMs);
    this.#sync.place('video', rtpTimestamp, localMs);
  }

  /** Lines that went into the index. */
  handleIndexLines(lines: readonly IndexLine[]): void {
    for (const line of lines) this.#presence.push(line);
  }

  /** Tells of what is open for long, so that a crash does not take the knowledge with it. */
  checkpoint(nowMs: number): void {
    if (this.#zeroMs === undefined) return;
    this.#sound.checkpoint(nowMs);
    this.#pictures.checkpoint(nowMs);
  }

  /** The file ends. */
  end(endMs: number): void {
    if (this.#zeroMs === undefined) return;
    // The file ends with its last frame where that is later.
    const { audio = 0, video = 0 } = this.#presence.endMs;
    const fileEndMs = Math.max(endMs, this.#zeroMs + audio, this.#zeroMs + video);
    this.#sound.end(fileEndMs);
    this.#pictures.end(fileEndMs);
  }

  /** As of the newest frame, or of the file's end; undefined where nothing was placed. */
  report(ending?: { endMs: number; reason: string }): RecordingReport | undefined {
    if (this.#zeroMs === undefined) return undefined;
    const { audio = 0, video = 0 } = this.#presence.endMs;
    const durationMs = Math.max(audio, video, (ending?.endMs ?? 0) - this.#zeroMs);
    return makeReport({
      tracks: this.#tracks,
      durationMs,
      presence: this.#presence,
      counts: this.#counts(durationMs),
      ended: ending?.reason,
    });
  }

  #counts(countedUpToMs: number): Counts {
    const zeroMs = this.#zeroMs ?? 0;
    const { largest } = this.#sync;
    return {
      countedUpToMs,
      silentMs: this.#sound.silentMs,
      tracks: { audio: this.#tallyOf('audio', zeroMs), video: this.#tallyOf('video', zeroMs) },
      keyFrameRequests: this.#network.keyFrameRequests || this.#ownRequests,
      layers: this.#layersFrom(zeroMs),
      largestOffset: largest && { ms: Math.round(largest.ms), atMs: Math.round(largest.atMs - zeroMs) },
      suspicions: this.#suspicions(),
    };
  }

  /** Of those chosen while nothing was written, as in a pause, the last one is the file's first. */
  #layersFrom(zeroMs: number): LayerEntry[] {
    const before = this.#layers.findLastIndex(({ atMs }) => atMs <= zeroMs);
    return this.#layers
      .slice(Math.max(0, before))
      .map(({ atMs, ...layer }) => ({ atMs: Math.max(0, Math.round(atMs - zeroMs)), ...layer }));
  }

  #tallyOf(track: TrackKind, zeroMs: number): TrackTally {
    const { packets, leftOut, clockChanges } = this.#tally[track];
    noteClockSteps(clockChanges, this.#steps[track], zeroMs);
    this.#steps[track].length = 0;
    const { lost, recovered } = this.#network.of(track);
    return { packets: { ...packets, lost, recovered }, leftOut: { ...leftOut }, clockChanges: [...clockChanges] };
  }

  #suspicions(): VerdictReason[] {
    const least = Math.max(LEAST_SOUND_OUT_OF_PLACE_MS, MOST_SOUND_OUT_OF_PLACE * this.#soundMs);
    return [
      ...(this.#network.capIgnored ? (['bitrateIgnored'] as const) : []),
      ...(this.#soundOutOfPlaceMs > least ? (['lengthsDisagree'] as const) : []),
    ];
  }

  #takeGap(track: TrackKind, cause: GapLine['cause'], startMs: number, endMs: number): void {
    const zeroMs = this.#zeroMs ?? 0;
    const start = Math.max(0, Math.round(startMs - zeroMs));
    const lengthMs = Math.round(endMs - zeroMs) - start;
    if (lengthMs <= 0 || !this.#tracks.includes(track)) return;
    this.#onGap({ kind: 'gap', track, cause, startMs: start, lengthMs });
  }
}
