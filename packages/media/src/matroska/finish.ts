/** What turns a live file into a finished one, worked out from its index alone. */
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import type { Container } from '@callreel/contract/recording.ts';
import { type MovieTrack, renderMovie, renderMovieHead } from '../mp4/movie.ts';
import { AUDIO_TRACK_NUMBER, type AudioTrack } from './audio-entry.ts';
import { blockHeaderBytes, CLUSTER_SIZE_POSITION, encodeClusterSize } from './block.ts';
import type { Patch } from './cluster.ts';
import { fitsWebm } from './codec-ids.ts';
import { concatBytes, element, UNKNOWN_SIZE, unsignedElement } from './ebml.ts';
import { renderHeader, SEGMENT_DATA_OFFSET, VIDEO_TRACK_NUMBER, type VideoTrack } from './header.ts';
import type { AudioLine, IndexLine, VideoLine } from './index-line.ts';

/** What the tracks may hold, as it was settled when the stream was published. */
export type ExpectedTracks = { audio: AudioTrack | undefined; video: VideoCodecName | undefined };

/** Carried out in this order, with the file made durable after `append`, it can be cut short at any point and begun anew. */
export type FinishPlan = {
  container: Container;
  /** Conference time of the file's time 0. */
  startMs: number;
  durationMs: number;
  /** The file is cut here first: what lies behind is not in the index, or comes of an earlier attempt. */
  framesEnd: number;
  /** Goes to `framesEnd`. */
  append: Uint8Array;
  /** Go over what the live file has there. */
  patches: Patch[];
  sizeBytes: number;
  video: { codec: VideoCodecName; width: number; height: number; frames: number } | undefined;
  audio: { codec: AudioCodecName } | undefined;
};

type Cue = { track: number; timeMs: number; cluster: number; block: number };
type Cluster = { start: number; firstMs: number };
type Picture = Extract<IndexLine, { kind: 'picture' }>;

/** One picture alone, or a slow screen's last one, is taken to stand this long. */
const SINGLE_PICTURE_MS = 40;
const LONGEST_LAST_PICTURE_MS = 1000;
/** So many pictures at most are sent out of the order of showing (H.264 table A-1: 16 are kept). */
const MOST_REORDERED = 16;
/** Clusters older than this have had their size patched and made durable long ago. */
const UNSURE_CLUSTERS_MS = 60_000;

/** Takes the agreed lines of an index in order, then makes the plan. */
export class FinishPlanner {
  readonly #expected: ExpectedTracks;
  #startMs = 0;
  #picture: Picture | undefined;
  #pictureChanged = false;
  /** B pictures: the .mp4 that we write has no table for them. */
  #reordered = false;
  #framesEnd = 0;
  #clusters: Cluster[] = [];
  #videoCues: Cue[] = [];
  #audioCues: Cue[] = [];
  #offsets: number[] = [];
  #lengths: number[] = [];
  #timesMs: number[] = [];
  #keyFrames: number[] = [];
  #audioEndMs: number | undefined;
  #endMs = 0;

  constructor(expected: ExpectedTracks) {
    this.#expected = expected;
  }

  push(line: IndexLine): void {
    switch (line.kind) {
      case 'start':
        this.#startMs = line.startMs;
        break;
      case 'cluster':
        this.#clusters.push({ start: line.offset, firstMs: line.timeMs });
        break;
      case 'picture':
        this.#pushPicture(line);
        break;
      case 'video':
        this.#pushVideo(line);
        break;
      case 'audio':
        this.#pushAudio(line);
        break;
      case 'gap':
        break;
      case 'end':
        this.#endMs = line.timeMs;
        break;
    }
  }

  /** Undefined where there is no frame. */
  plan(): FinishPlan | undefined {
    const video = this.#video();
    const audio = this.#audioEndMs === undefined ? undefined : this.#expected.audio;
    if (video === undefined && audio === undefined) return undefined;
    const durationMs = this.#durationMs();
    const container = this.#container(video, audio);
    const ending =
      container === 'mp4'
        ? this.#movieEnding(video, durationMs)
        : this.#matroskaEnding(container, video, audio, durationMs);
    return {
      container,
      startMs: this.#startMs,
      durationMs,
      framesEnd: this.#framesEnd,
      ...ending,
      sizeBytes: this.#framesEnd + ending.append.length,
      video: video && { codec: video.codec, width: video.width, height: video.height, frames: this.#offsets.length },
      audio: audio && { codec: audio.codec },
    };
  }

  /** The header tells of the largest picture that its CodecPrivate is good for: players make room by it. */
  #pushPicture(line: Picture): void {
    const first = this.#picture;
    const same = first === undefined || sameBytes(line.codecPrivate, first.codecPrivate);
    this.#pictureChanged ||= !same;
    if (same && line.width * line.height > (first?.width ?? 0) * (first?.height ?? 0)) this.#picture = line;
  }

  #pushVideo(line: VideoLine): void {
    if (line.keyFrame) {
      this.#keyFrames.push(this.#offsets.length);
      this.#videoCues.push(this.#cue(VIDEO_TRACK_NUMBER, line));
    }
    this.#reordered ||= line.timeMs <= (this.#timesMs.at(-1) ?? -1);
    this.#offsets.push(line.offset);
    this.#lengths.push(line.length);
    this.#timesMs.push(line.timeMs);
    this.#framesEnd = line.offset + line.length;
  }

  #pushAudio(line: AudioLine): void {
    const cue = this.#cue(AUDIO_TRACK_NUMBER, line);
    if (cue.cluster !== this.#audioCues.at(-1)?.cluster) this.#audioCues.push(cue);
    this.#audioEndMs = Math.ceil(line.timeMs + line.durationMs);
    this.#framesEnd = line.offset + line.length;
  }

  #cue(track: number, line: VideoLine | AudioLine): Cue {
    const cluster = this.#clusters.at(-1)?.start ?? 0;
    return { track, timeMs: line.timeMs, cluster, block: line.offset - blockHeaderBytes(line.length) };
  }

  #video(): VideoTrack | undefined {
    const codec = this.#expected.video;
    const picture = this.#picture;
    if (codec === undefined || picture === undefined || this.#offsets.length === 0) return undefined;
    return { codec, width: picture.width, height: picture.height, codecPrivate: picture.codecPrivate };
  }

  #container(video: VideoTrack | undefined, audio: AudioTrack | undefined): Container {
    if (fitsWebm([video?.codec, audio?.codec])) return 'webm';
    const uniform = !this.#pictureChanged && !this.#reordered;
    return video?.codec === 'H264' && audio === undefined && uniform ? 'mp4' : 'mkv';
  }

  #durationMs(): number {
    const newest = this.#timesMs.slice(-MOST_REORDERED).sort((one, other) => one - other);
    const last = newest.at(-1);
    const intervalMs = last === undefined ? 0 : last - (newest.at(-2) ?? last - SINGLE_PICTURE_MS);
    const videoEndMs = last === undefined ? 0 : last + Math.min(intervalMs, LONGEST_LAST_PICTURE_MS);
    return Math.max(videoEndMs, this.#audioEndMs ?? 0, this.#endMs);
  }

  #movieEnding(video: VideoTrack | undefined, durationMs: number): Pick<FinishPlan, 'append' | 'patches'> {
    const track: MovieTrack = {
      width: video?.width ?? 0,
      height: video?.height ?? 0,
      avcConfiguration: video?.codecPrivate ?? new Uint8Array(0),
      offsets: this.#offsets,
      lengths: this.#lengths,
      timesMs: this.#timesMs,
      keyFrames: this.#keyFrames,
      durationMs,
    };
    return { append: renderMovie(track), patches: [{ offset: 0, bytes: renderMovieHead(this.#framesEnd) }] };
  }

  #matroskaEnding(
    container: Container,
    video: VideoTrack | undefined,
    audio: ExpectedTracks['audio'],
    durationMs: number,
  ): Pick<FinishPlan, 'append' | 'patches'> {
    const append = element(0x1c53bb6b, concatBytes((video ? this.#videoCues : this.#audioCues).map(cuePoint)));
    const finished = { durationMs, cuesOffset: this.#framesEnd, sizeBytes: this.#framesEnd + append.length };
    const header = renderHeader({ docType: container === 'webm' ? 'webm' : 'matroska', audio, video, finished });
    return { append, patches: [...this.#clusterPatches(), { offset: 0, bytes: header }] };
  }

  #clusterPatches(): Patch[] {
    const newestMs = this.#clusters.at(-1)?.firstMs ?? 0;
    return this.#clusters.flatMap(({ start }, index) => {
      // No frame of it is in the index: the file ends before it.
      if (start >= this.#framesEnd) return [];
      const next = this.#clusters[index + 1];
      if (next !== undefined && next.firstMs < newestMs - UNSURE_CLUSTERS_MS) return [];
      const end = next?.start ?? this.#framesEnd;
      return [{ offset: start + CLUSTER_SIZE_POSITION, bytes: encodeClusterSize(start, end) }];
    });
  }
}

const cuePoint = (cue: Cue): Uint8Array =>
  element(
    0xbb,
    unsignedElement(0xb3, cue.timeMs),
    element(
      0xb7,
      unsignedElement(0xf7, cue.track),
      unsignedElement(0xf1, cue.cluster - SEGMENT_DATA_OFFSET),
      unsignedElement(0xf0, cue.block - cue.cluster - CLUSTER_SIZE_POSITION - UNKNOWN_SIZE.length),
    ),
  );

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one?.length === other?.length && (one ?? []).every((byte, index) => byte === other?.[index]);
