/**
 * An .mp4 around pictures that already lie in a file: a head over the file's first bytes, and a moov behind its last ones whose
 * tables point at each picture where it is (ISO/IEC 14496-12). What lies between the pictures is skipped.
 */
import { ascii, box, fields, fullBox, longTable, table } from './box.ts';

/** H264 pictures in order, each table as long as the others. */
export type MovieTrack = {
  width: number;
  height: number;
  avcConfiguration: Uint8Array;
  offsets: readonly number[];
  lengths: readonly number[];
  /** Rising, the first at 0 or later. */
  timesMs: readonly number[];
  /** Positions in the tables, from 0. */
  keyFrames: readonly number[];
  /** Where the last picture ends. */
  durationMs: number;
};

const TIMESCALE = 1000;
const UNITY_MATRIX = table([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]);
/** "und" in three letters of five bits. */
const LANGUAGE_UNDETERMINED = 0x55c4;
const TRACK_ENABLED_IN_MOVIE = 3;
const TRACK_ID = 1;
const SELF_CONTAINED = 1;
const ONE_FRAME_PER_SAMPLE = 1;
const DEPTH_24_BITS = 0x18;
const DOTS_PER_INCH_72 = 0x480000;

const FTYP = box('ftyp', ascii('isom'), fields([4, 0x200]), ascii('isomiso2avc1mp41'));

/** Goes over the file's first bytes: everything behind it and before `mediaEnd`, where the moov starts, is an mdat. */
export const renderMovieHead = (mediaEnd: number): Uint8Array => {
  const mdat = fields([4, 1], [4, 0x6d646174], [8, mediaEnd - FTYP.length]);
  const head = new Uint8Array(FTYP.length + mdat.length);
  head.set(FTYP);
  head.set(mdat, FTYP.length);
  return head;
};

const movieHeader = (durationMs: number): Uint8Array =>
  fullBox(
    'mvhd',
    1,
    0,
    fields([8, 0], [8, 0], [4, TIMESCALE], [8, durationMs], [4, 0x10000], [2, 0x100], [2, 0], [8, 0]),
    UNITY_MATRIX,
    new Uint8Array(24),
    fields([4, TRACK_ID + 1]),
  );

const trackHeader = (track: MovieTrack): Uint8Array =>
  fullBox(
    'tkhd',
    1,
    TRACK_ENABLED_IN_MOVIE,
    fields([8, 0], [8, 0], [4, TRACK_ID], [4, 0], [8, track.durationMs], [8, 0], [2, 0], [2, 0], [2, 0], [2, 0]),
    UNITY_MATRIX,
    fields([4, track.width * 0x10000], [4, track.height * 0x10000]),
  );

const sampleEntry = (track: MovieTrack): Uint8Array =>
  box(
    'avc1',
    fields([4, 0], [2, 0], [2, 1], [8, 0], [8, 0], [2, track.width], [2, track.height]),
    fields([4, DOTS_PER_INCH_72], [4, DOTS_PER_INCH_72], [4, 0], [2, ONE_FRAME_PER_SAMPLE]),
    new Uint8Array(32),
    fields([2, DEPTH_24_BITS], [2, 0xffff]),
    box('avcC', track.avcConfiguration),
  );

/** How long each picture stands, as runs of equal durations. */
const timeToSample = (track: MovieTrack): Uint8Array => {
  const runs: number[] = [];
  track.timesMs.forEach((timeMs, index) => {
    const durationMs = (track.timesMs[index + 1] ?? track.durationMs) - timeMs;
    const last = runs.length - 2;
    if (last >= 0 && runs[last + 1] === durationMs) runs[last] = (runs[last] ?? 0) + 1;
    else runs.push(1, durationMs);
  });
  return fullBox('stts', 0, 0, fields([4, runs.length / 2]), table(runs));
};

const sampleTable = (track: MovieTrack): Uint8Array => {
  const count = track.offsets.length;
  return box(
    'stbl',
    fullBox('stsd', 0, 0, fields([4, 1]), sampleEntry(track)),
    timeToSample(track),
    fullBox('stss', 0, 0, fields([4, track.keyFrames.length]), table(track.keyFrames.map((index) => index + 1))),
    // Every picture is a chunk of its own, as the headers of blocks lie between them.
    fullBox('stsc', 0, 0, fields([4, 1], [4, 1], [4, 1], [4, 1])),
    fullBox('stsz', 0, 0, fields([4, 0], [4, count]), table(track.lengths)),
    fullBox('co64', 0, 0, fields([4, count]), longTable(track.offsets)),
  );
};

const media = (track: MovieTrack): Uint8Array =>
  box(
    'mdia',
    fullBox(
      'mdhd',
      1,
      0,
      fields([8, 0], [8, 0], [4, TIMESCALE], [8, track.durationMs], [2, LANGUAGE_UNDETERMINED], [2, 0]),
    ),
    fullBox('hdlr', 0, 0, fields([4, 0]), ascii('vide'), new Uint8Array(12), ascii('video\0')),
    box(
      'minf',
      fullBox('vmhd', 0, 1, fields([8, 0])),
      box('dinf', fullBox('dref', 0, 0, fields([4, 1]), fullBox('url ', 0, SELF_CONTAINED))),
      sampleTable(track),
    ),
  );

/** The moov that goes at the file's end. */
export const renderMovie = (track: MovieTrack): Uint8Array =>
  box('moov', movieHeader(track.durationMs), box('trak', trackHeader(track), media(track)));
