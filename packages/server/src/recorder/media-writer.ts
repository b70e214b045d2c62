/** Writes placed sound and pictures into a recording's files: header, clusters and index. */
import type { VideoFrame } from '@callreel/media/frame/frame.ts';
import { codecDelayMs } from '@callreel/media/matroska/audio-entry.ts';
import type { Block } from '@callreel/media/matroska/block.ts';
import { ClusterWriter } from '@callreel/media/matroska/cluster.ts';
import { fitsWebm } from '@callreel/media/matroska/codec-ids.ts';
import { HEADER_BYTES, type HeaderFacts, renderHeader } from '@callreel/media/matroska/header.ts';
import { formatIndexLine, type GapLine, type IndexLine } from '@callreel/media/matroska/index-line.ts';
import type { LiveFile, MediaPiece } from './live-file.ts';
import type { AdmittedPicture } from './picture-gate.ts';
import type { RecordingSpec } from './recording-spec.ts';
import type { PlacedSound } from './sound-slots.ts';

/** A picture at its time, milliseconds of the monotonic clock. */
export type PlacedPicture = { kind: 'video'; localMs: number; picture: AdmittedPicture };
export type PlacedMedia = PlacedSound | PlacedPicture;

export class MediaWriter {
  readonly #spec: RecordingSpec;
  readonly #file: LiveFile;
  readonly #clusters = new ClusterWriter(HEADER_BYTES);
  #header: HeaderFacts;
  #startMs: number | undefined;
  #gapLines = '';
  #lastVideoMs = -1;
  #newestTimestamp = Number.NEGATIVE_INFINITY;
  #lastAudioMs = 0;
  /** Readers take the codec's delay from the times of sound, which must not fall below zero. */
  readonly #soundLeadMs: number;

  constructor(spec: RecordingSpec, file: LiveFile) {
    this.#spec = spec;
    this.#file = file;
    const { audio, video } = spec.tracks;
    const docType = fitsWebm([audio?.codec, video?.codec]) ? 'webm' : 'matroska';
    this.#soundLeadMs = Math.ceil(codecDelayMs(audio?.codec ?? 'opus'));
    this.#header = { docType, audio: undefined, video: undefined, finished: undefined };
  }

  /** Conference time of the file's time 0; undefined until the first frame is written. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  /** Sound that was spoken earlier has no place in the file. */
  get earliestSoundMs(): number {
    return this.#startMs === undefined ? Number.NEGATIVE_INFINITY : this.#fileZeroMs + this.#soundLeadMs;
  }

  /** The file's time 0 on the monotonic clock. */
  get #fileZeroMs(): number {
    return this.#spec.conferenceZeroMs + (this.#startMs ?? 0);
  }

  /** Appends these, in order of time but pictures as they are decoded, behind what there is. Answers the lines that the index gets. */
  append(media: PlacedMedia[]): IndexLine[] {
    if (media.length === 0) return [];
    const ordered = inOrder(media);
    const lines = this.#startMs === undefined ? this.#start(ordered) : [];
    const header = this.#describe(ordered) ? [{ offset: 0, bytes: renderHeader(this.#header) }] : [];
    this.#write(ordered, header, lines);
    return lines;
  }

  /** Stretches without media; they go with what is written next. */
  noteGaps(gaps: readonly GapLine[]): void {
    for (const gap of gaps) this.#gapLines += formatIndexLine(gap);
  }

  /** The last cluster gets its size; the file ends at `endLocalMs`, or with its last frame where that is later. */
  close(endLocalMs: number): void {
    if (this.#startMs === undefined) return;
    const timeMs = Math.max(0, Math.round(endLocalMs - this.#fileZeroMs));
    this.#file.write(this.#clusters.close(), this.#takeGapLines() + formatIndexLine({ kind: 'end', timeMs }));
  }

  /** The first media is time 0, on a whole millisecond of conference time. */
  #start(media: readonly PlacedMedia[]): IndexLine[] {
    const { conferenceZeroMs } = this.#spec;
    const firsts = media.map(({ kind, localMs }) => (kind === 'audio' ? localMs - this.#soundLeadMs : localMs));
    const startMs = Math.round(Math.min(...firsts) - conferenceZeroMs);
    this.#startMs = startMs;
    return [{ kind: 'start', startMs }];
  }

  /** Whether a track has its first frame here, which the header must tell of. */
  #describe(media: readonly PlacedMedia[]): boolean {
    const { audio, video } = this.#header;
    const sound = this.#spec.tracks.audio;
    for (const one of media) {
      if (one.kind === 'audio') this.#header.audio ??= sound;
      else this.#header.video ??= one.picture.description;
    }
    return audio !== this.#header.audio || video !== this.#header.video;
  }

  #write(media: readonly PlacedMedia[], pieces: MediaPiece[], lines: IndexLine[]): void {
    let blocks: Block[] = [];
    for (const one of media) {
      const description = one.kind === 'video' ? one.picture.description : undefined;
      if (description) {
        lines.push(...this.#appendBlocks(blocks, pieces), { ...description, kind: 'picture' });
        blocks = [];
      }
      blocks.push(this.#blockOf(one));
    }
    lines.push(...this.#appendBlocks(blocks, pieces));
    this.#file.write(pieces, this.#takeGapLines() + lines.map(formatIndexLine).join(''));
  }

  #takeGapLines(): string {
    const lines = this.#gapLines;
    this.#gapLines = '';
    return lines;
  }

  #appendBlocks(blocks: readonly Block[], pieces: MediaPiece[]): IndexLine[] {
    const { offset, bytes, patches, lines } = this.#clusters.append(blocks);
    pieces.push({ offset, bytes }, ...patches);
    return lines;
  }

  #blockOf(media: PlacedMedia): Block {
    const timeMs = Math.round(media.localMs - this.#fileZeroMs);
    if (media.kind === 'video') {
      const { frame, data } = media.picture;
      return { kind: 'video', timeMs: this.#videoMs(frame, timeMs), keyFrame: frame.keyFrame, data };
    }
    this.#lastAudioMs = Math.max(this.#lastAudioMs, this.#soundLeadMs, timeMs);
    return { kind: 'audio', timeMs: this.#lastAudioMs, durationMs: media.durationMs, data: media.data };
  }

  /** Two pictures never share a time, and none lies before the file's start. */
  #videoMs(frame: VideoFrame, timeMs: number): number {
    // Shown before one that was sent earlier, and leans on it: a B picture.
    if (!frame.keyFrame && frame.rtpTimestamp < this.#newestTimestamp) return Math.max(0, timeMs);
    this.#newestTimestamp = frame.rtpTimestamp;
    this.#lastVideoMs = Math.max(this.#lastVideoMs + 1, timeMs);
    return this.#lastVideoMs;
  }
}

/** By time; but pictures stay in the order in which they came, which is that of decoding. */
const inOrder = (media: readonly PlacedMedia[]): PlacedMedia[] => {
  let newestPictureMs = Number.NEGATIVE_INFINITY;
  const placed = media.map((one) => {
    if (one.kind === 'audio') return { one, atMs: one.localMs };
    newestPictureMs = Math.max(newestPictureMs, one.localMs);
    return { one, atMs: newestPictureMs };
  });
  return placed.sort((first, second) => first.atMs - second.atMs).map(({ one }) => one);
};
