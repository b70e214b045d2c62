/**
 * How far sound and picture are apart in what is recorded of senders whose clocks are exact and known, by case: the least and the greatest offset. By
 * the file's timestamps on virtual time; and of real media single and merged, by timestamps and as Chromium plays them. Option: `--played no`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { skip as noBrowser, openBrowser } from '../tests/support/browser.ts';
import { SYNC_BOUNDS_MS } from '../tests/support/recorded-call.ts';
import { playAndCompare } from '../tests/sync/played-sync.ts';
import { makeRealFiles, REAL_CASES, type RealFile } from '../tests/sync/real-files.ts';
import { offsetsOf, recordVirtual } from '../tests/sync/record-virtual.ts';
import { SYNC_CASES, type SyncCase } from '../tests/sync/sync-cases.ts';
import { deliveriesOf } from '../tests/sync/virtual-sender.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';

type Row = Record<string, string | number>;

const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const greatest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const rangeOf = (values: readonly number[]): string =>
  values.length === 0 ? '–' : `${least(values).toFixed(0)} … ${greatest(values).toFixed(0)}`;

const virtualRow = async ({ name, settledMs = 0, ...plan }: SyncCase): Promise<Row> => {
  const recording = await recordVirtual(deliveriesOf(plan), plan.durationMs + 1000);
  const offsets = offsetsOf(recording);
  const settled = offsets.filter(({ trueMs }) => trueMs >= settledMs).map(({ offsetMs }) => offsetMs);
  return {
    case: settledMs === 0 ? name : `${name} (from ${settledMs / 1000} s on)`,
    pictures: settled.length,
    'least, ms': least(settled).toFixed(1),
    'greatest, ms': greatest(settled).toFixed(1),
    'file, s': (recording.durationMs / 1000).toFixed(2),
    'sent, s': plan.durationMs / 1000,
  };
};

const playedOf = async (reference: RealFile, files: readonly RealFile[]): Promise<number[][]> => {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const played: number[][] = [];
    // Few at a time: what a machine cannot show in time says nothing about the files.
    for (let first = 0; first < files.length; first += 3) {
      const compared = await playAndCompare(page, reference, files.slice(first, first + 3));
      played.push(...compared.map((pairs) => pairs.map(({ offsetMs }) => offsetMs)));
    }
    return played;
  } finally {
    await browser.close();
  }
};

const realRows = async (withBrowser: boolean): Promise<Row[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'callreel-sync-'));
  try {
    const { reference, files } = await makeRealFiles(REAL_CASES, folder);
    const played = withBrowser ? await playedOf(reference, files) : [];
    return files.map(({ name, flashesMs, offsetsMs }, index) => ({
      case: name,
      flashes: flashesMs.length,
      'by timestamps, ms': rangeOf(offsetsMs),
      'as played, ms': rangeOf(played[index] ?? []),
    }));
  } finally {
    await rm(folder, { recursive: true });
  }
};

export const run = async (options: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...options], options: { played: { type: 'string', default: 'yes' } } });
  console.log(describeMachine());
  console.log(`Positive: sound late. The bar: ${SYNC_BOUNDS_MS.early} … ${SYNC_BOUNDS_MS.late} ms.\n`);
  const rows: Row[] = [];
  for (const one of SYNC_CASES) rows.push(await virtualRow(one));
  console.log(`${markdownTable(rows)}\n`);
  console.log(markdownTable(await realRows(values.played === 'yes' && !noBrowser)));
};
