/**
 * The index beside a live file: text, a line for each frame and for each thing that a reader needs to know besides. Cues, an
 * mp4's tables and repair after a crash all come from it. Numbers are decimal; offsets and lengths count bytes of the file, times
 * milliseconds of it.
 *
 *     callreel-index 1 START    conference time of the file's time 0, in milliseconds, may be negative
 *     c OFFSET TIME             a cluster's start
 *     p WIDTH HEIGHT PRIVATE    the pictures from here on: size, and CodecPrivate in hexadecimal or -
 *     v OFFSET LENGTH TIME k    a picture's data; k for a key frame, - for others
 *     a OFFSET LENGTH TIME US   a packet of sound; how long it is in microseconds
 *     g TRACK START LENGTH WHY  a stretch of a track (a or v) without media, when its end is known: why, as in reports
 *     e TIME                    where the recording ends
 */
import { type GapCause, isGapCause } from '@callreel/contract/gap-cause.ts';

export type IndexLine =
  | { kind: 'start'; startMs: number }
  | { kind: 'cluster'; offset: number; timeMs: number }
  | { kind: 'picture'; width: number; height: number; codecPrivate: Uint8Array | undefined }
  | VideoLine
  | AudioLine
  | GapLine
  | { kind: 'end'; timeMs: number };

export type VideoLine = { kind: 'video'; offset: number; length: number; timeMs: number; keyFrame: boolean };
export type AudioLine = { kind: 'audio'; offset: number; length: number; timeMs: number; durationMs: number };

export type GapLine = { kind: 'gap'; track: 'audio' | 'video'; cause: GapCause; startMs: number; lengthMs: number };

const START_WORD = 'callreel-index 1';

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** One line, with its newline. */
export const formatIndexLine = (line: IndexLine): string => {
  switch (line.kind) {
    case 'start':
      return `${START_WORD} ${line.startMs}\n`;
    case 'cluster':
      return `c ${line.offset} ${line.timeMs}\n`;
    case 'picture':
      return `p ${line.width} ${line.height} ${line.codecPrivate ? toHex(line.codecPrivate) : '-'}\n`;
    case 'video':
      return `v ${line.offset} ${line.length} ${line.timeMs} ${line.keyFrame ? 'k' : '-'}\n`;
    case 'audio':
      return `a ${line.offset} ${line.length} ${line.timeMs} ${Math.round(line.durationMs * 1000)}\n`;
    case 'gap':
      return `g ${line.track === 'audio' ? 'a' : 'v'} ${line.startMs} ${line.lengthMs} ${line.cause}\n`;
    case 'end':
      return `e ${line.timeMs}\n`;
  }
};

/** Up to fifteen digits: every such number is exact. */
const WHOLE = /^(?:0|[1-9]\d{0,14})$/;
const SIGNED = /^(?:0|-?[1-9]\d{0,14})$/;
const HEX = /^(?:[0-9a-f]{2})+$/;

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && WHOLE.test(text) ? Number(text) : undefined;

const positive = (text: string | undefined): number | undefined => whole(text) || undefined;

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16));

const parseStart = (fields: string[]): IndexLine | undefined => {
  const [word, version, start] = fields;
  if (`${word} ${version}` !== START_WORD || start === undefined || !SIGNED.test(start)) return undefined;
  return { kind: 'start', startMs: Number(start) };
};

const parseCluster = (fields: string[]): IndexLine | undefined => {
  const offset = whole(fields[1]);
  const timeMs = whole(fields[2]);
  return offset === undefined || timeMs === undefined ? undefined : { kind: 'cluster', offset, timeMs };
};

const parsePicture = (fields: string[]): IndexLine | undefined => {
  const width = positive(fields[1]);
  const height = positive(fields[2]);
  const codecPrivate = fields[3] ?? '';
  if (width === undefined || height === undefined) return undefined;
  if (codecPrivate !== '-' && !HEX.test(codecPrivate)) return undefined;
  return { kind: 'picture', width, height, codecPrivate: codecPrivate === '-' ? undefined : fromHex(codecPrivate) };
};

const parseFrame = (fields: string[]): IndexLine | undefined => {
  const offset = whole(fields[1]);
  const length = positive(fields[2]);
  const timeMs = whole(fields[3]);
  if (offset === undefined || length === undefined || timeMs === undefined) return undefined;
  if (fields[0] === 'v') {
    const key = fields[4];
    return key === 'k' || key === '-' ? { kind: 'video', offset, length, timeMs, keyFrame: key === 'k' } : undefined;
  }
  const durationUs = positive(fields[4]);
  return durationUs === undefined
    ? undefined
    : { kind: 'audio', offset, length, timeMs, durationMs: durationUs / 1000 };
};

const parseGap = ([, track, start, length, cause = '']: string[]): IndexLine | undefined => {
  const startMs = whole(start);
  const lengthMs = positive(length);
  if (startMs === undefined || lengthMs === undefined || !isGapCause(cause)) return undefined;
  if (track !== 'a' && track !== 'v') return undefined;
  return { kind: 'gap', track: track === 'a' ? 'audio' : 'video', cause, startMs, lengthMs };
};

const parseEnd = (fields: string[]): IndexLine | undefined => {
  const timeMs = whole(fields[1]);
  return timeMs === undefined ? undefined : { kind: 'end', timeMs };
};

/** How each kind of line is told by its first word, and how many fields it has. */
const PARSERS: Record<string, { fields: number; parse: (fields: string[]) => IndexLine | undefined }> = {
  'callreel-index': { fields: 3, parse: parseStart },
  c: { fields: 3, parse: parseCluster },
  p: { fields: 4, parse: parsePicture },
  v: { fields: 5, parse: parseFrame },
  a: { fields: 5, parse: parseFrame },
  g: { fields: 5, parse: parseGap },
  e: { fields: 2, parse: parseEnd },
};

/** Reads one line, without its newline; undefined where it is not exactly what `formatIndexLine` writes. */
export const parseIndexLine = (text: string): IndexLine | undefined => {
  const fields = text.split(' ');
  const parser = Object.hasOwn(PARSERS, fields[0] ?? '') ? PARSERS[fields[0] ?? ''] : undefined;
  return parser && fields.length === parser.fields ? parser.parse(fields) : undefined;
};
