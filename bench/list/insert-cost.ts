/** What one more recording costs: as the service lists it, and how much of that the indexes of later migrations are. */
import { performance } from 'node:perf_hooks';
import type { AppRecord } from '@callreel/server/store/rows.ts';
import { createConference, newRecording } from '../../tests/support/store-rows.ts';
import type { ListDatabase } from './list-database.ts';
import { insertRows } from './rows.ts';

const LISTED = 400;
const ROUNDS = 4;
const ROWS_A_ROUND = 10_000;

/** Those that migration 0003 added to the table; 0005 made some of them anew. */
const LATER_INDEXES = ['recording_by_expiry', 'recording_in_removal', 'recording_by_user', 'recording_desktop_by_time'];

/** Milliseconds for each, one after the other, in a transaction each that does not wait for the disk. */
export const timeListing = async (database: ListDatabase, app: AppRecord): Promise<number[]> => {
  const conference = await createConference(database.store, app.id);
  const times: number[] = [];
  for (let count = 0; count < LISTED; count += 1) {
    const recording = newRecording(conference);
    const began = performance.now();
    await database.recordings.list(recording);
    times.push(performance.now() - began);
  }
  // The ids that they took are those of the rows that come next.
  await database.run('delete from recording where confr_id = $1', [conference.id]);
  return times;
};

const timeRows = async (database: ListDatabase, from: number, before: readonly string[]): Promise<number> => {
  await database.run('begin');
  try {
    for (const statement of before) await database.run(statement);
    const began = performance.now();
    await insertRows(database, from, from + ROWS_A_ROUND);
    return ((performance.now() - began) * 1000) / ROWS_A_ROUND;
  } finally {
    await database.run('rollback');
  }
};

/** Microseconds a row of a large statement, with all indexes and without the later ones; nothing of it stays. */
export const timeIndexes = async (
  database: ListDatabase,
  rows: number,
): Promise<{ all: number[]; first: number[] }> => {
  const drops = LATER_INDEXES.map((name) => `drop index ${name}`);
  const measured = { all: [] as number[], first: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    measured.all.push(await timeRows(database, rows, []));
    measured.first.push(await timeRows(database, rows, drops));
  }
  return measured;
};
