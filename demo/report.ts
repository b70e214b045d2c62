import { basename, relative } from 'node:path';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import type { Checked } from './check.ts';
import { renderTable } from './table.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const offsetsOf = ({ callers }: FileFacts): number[] =>
  Object.values(callers).flatMap(({ sync }) => sync.pairs.map(({ offsetMs }) => offsetMs));

const signed = (ms: number): string => `${ms >= 0 ? '+' : '−'}${Math.abs(ms).toFixed(0)}`;

/** How much later than its flash a beep comes: the least and the most of all. */
const syncCell = (facts: FileFacts): string => {
  const offsets = offsetsOf(facts);
  if (offsets.length === 0) return '–';
  return `${signed(Math.min(...offsets))} … ${signed(Math.max(...offsets))} ms (${offsets.length})`;
};

const rowOf = ({ download, facts, problems }: Checked): string[] => [
  basename(download.path),
  [facts.video?.codec, facts.audio?.codec].filter(Boolean).join(' + '),
  facts.video ? `${facts.video.width}x${facts.video.height}` : '–',
  seconds(facts.durationMs),
  `${(download.sizeBytes / 1000).toFixed(0)} kB`,
  String(facts.video?.frameTimesMs.length ?? 0),
  syncCell(facts),
  problems.length === 0 ? 'right' : 'WRONG',
];

const HEAD = ['file', 'codecs', 'picture', 'duration', 'size', 'frames', 'sound after flash (beeps)', 'found'];

/** What was found in each file. */
export const filesTable = (checked: readonly Checked[]): string => renderTable(HEAD, checked.map(rowOf));

/** How to look at them. */
export const openingHints = (checked: readonly Checked[]): string => {
  const paths = checked.map(({ download }) => relative(process.cwd(), download.path));
  const [merged] = checked.filter(({ download }) => download.recording.recordType === 'MERGE_ALL');
  return [
    'The files are kept; a player such as VLC or mpv opens them all, a browser all but perhaps the .mkv:',
    ...paths.map((path) => `  ${path}`),
    ...(merged ? ['', `Begin with the merged call:  xdg-open ${relative(process.cwd(), merged.download.path)}`] : []),
    'In a browser a file can also be dropped onto an empty tab.',
  ].join('\n');
};
