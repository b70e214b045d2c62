/** For tests: what a recorder leaves on disk, made in memory. */
import type { Block } from './block.ts';
import { ClusterWriter } from './cluster.ts';
import { concatBytes } from './ebml.ts';
import { HEADER_BYTES, renderHeader, type VideoTrack } from './header.ts';
import { formatIndexLine, type IndexLine } from './index-line.ts';

export type LiveRecording = { media: Uint8Array; index: Uint8Array };

export type RecordingPart = { blocks: readonly Block[]; picture?: VideoTrack };

const START: IndexLine = { kind: 'start', startMs: -40 };

/** Each part is appended as one batch; a picture's description stands before its part. */
export const recordLive = (parts: readonly RecordingPart[], endMs?: number): LiveRecording => {
  const writer = new ClusterWriter(HEADER_BYTES);
  const video = parts.find(({ picture }) => picture)?.picture;
  const hasAudio = parts.some(({ blocks }) => blocks.some(({ kind }) => kind === 'audio'));
  const audio = hasAudio ? ({ codec: 'opus', channels: 1 } as const) : undefined;
  const header = renderHeader({ docType: 'matroska', audio, video, finished: undefined });
  const lines: IndexLine[] = [START];
  const additions = parts.map(({ blocks, picture }) => {
    if (picture) lines.push({ ...picture, kind: 'picture' });
    const addition = writer.append(blocks);
    lines.push(...addition.lines);
    return addition;
  });
  const media = concatBytes([header, ...additions.map(({ bytes }) => bytes)]);
  const patches = [
    ...additions.flatMap((addition) => addition.patches),
    ...(endMs === undefined ? [] : writer.close()),
  ];
  for (const patch of patches) media.set(patch.bytes, patch.offset);
  if (endMs !== undefined) lines.push({ kind: 'end', timeMs: endMs });
  return { media, index: new TextEncoder().encode(lines.map(formatIndexLine).join('')) };
};
