/** Compares what is stored with what is listed: reports both ways of being apart, and removes objects without rows where told to. */
import { readdir } from 'node:fs/promises';
import type { Logger } from '../base/log.ts';
import type { ObjectStore, ListedObject as StoredObject } from '../storage/object-store.ts';
import type { ListedObject } from '../store/recording-search.ts';
import type { Store } from '../store/store.ts';
import { type Clocks, DAY_MS } from './clocks.ts';
import { areTooMany } from './share-guard.ts';

export type ReconcileOptions = {
  store: Store;
  objects: ObjectStore;
  spoolDir: string;
  clocks: Pick<Clocks, 'wallMs' | 'databaseMs'>;
  log: Logger;
};

export type ReconcileRequest = {
  /** Whether to remove objects without rows. Rows are never removed. */
  act: boolean;
  /** Also where they are more than a fifth of an app's objects. */
  evenMany?: boolean;
  signal?: AbortSignal;
};

/** All are counted, the first 10,000 named. */
export type Findings<Finding> = { count: number; named: Finding[] };

export type ReconcileReport = {
  objects: number;
  rows: number;
  /** Older than a day, in no row, and not on their way from the spool into one. */
  objectsWithoutRow: Findings<StoredObject>;
  /** Listed, but there is nothing to download. */
  rowsWithoutObject: Findings<ListedObject>;
  /** Keys of objects that were removed. */
  removed: string[];
  /** `org/app` of those that would have lost more than a fifth of their objects. */
  refused: string[];
};

const MIN_AGE_MS = DAY_MS;
const BATCH = 500;
const STATS_AT_ONCE = 8;
const MOST_NAMED = 10_000;
const MOST_LOGGED = 100;

/** Reports first, in the log too; acts only then. @throws StoreError, StorageError */
export const reconcile = async (options: ReconcileOptions, request: ReconcileRequest): Promise<ReconcileReport> => {
  const orphans = await findOrphans(options, request.signal);
  const { rows, missing } = await findMissing(options, request.signal);
  const report: ReconcileReport = {
    objects: orphans.objects,
    rows,
    objectsWithoutRow: orphans.found,
    rowsWithoutObject: missing,
    removed: [],
    refused: refusedApps(orphans),
  };
  logReport(options.log, report);
  if (request.act) await removeOrphans(options, request, report);
  return report;
};

type Orphans = {
  objects: number;
  found: Findings<StoredObject>;
  byApp: Map<string, { orphans: number; total: number }>;
};

const findOrphans = async (options: ReconcileOptions, signal: AbortSignal | undefined): Promise<Orphans> => {
  const orphans: Orphans = { objects: 0, found: { count: 0, named: [] }, byApp: new Map() };
  const before = Math.min(options.clocks.wallMs(), await options.clocks.databaseMs()) - MIN_AGE_MS;
  const underWay = await keysUnderWay(options);
  for await (const batch of inBatches(options.objects.list())) {
    signal?.throwIfAborted();
    const known = await options.store.recordingSearch.knownObjects(batch.map(({ key }) => key));
    for (const object of batch) {
      const isOrphan =
        !known.has(object.key) && object.modifiedMs < before && !underWay.has(recordingKeyIn(object.key));
      noteObject(orphans, object, isOrphan);
    }
  }
  return orphans;
};

const noteObject = (orphans: Orphans, object: StoredObject, isOrphan: boolean): void => {
  const app = appIn(object.key);
  const counts = orphans.byApp.get(app) ?? { orphans: 0, total: 0 };
  orphans.byApp.set(app, { orphans: counts.orphans + (isOrphan ? 1 : 0), total: counts.total + 1 });
  orphans.objects++;
  if (isOrphan) addFinding(orphans.found, object);
};

/** Recordings that are still being listed, on this node or another. */
const keysUnderWay = async ({ store, spoolDir }: ReconcileOptions): Promise<Set<string>> => {
  const merges = await store.merges.open();
  return new Set<string>([
    ...(await readdir(spoolDir)).map((name) => name.replace(/^merge-/, '')),
    ...(await store.recordingWork.openKeys()),
    ...merges.map(({ recordingKey }) => recordingKey),
  ]);
};

const findMissing = async ({ store, objects }: ReconcileOptions, signal: AbortSignal | undefined) => {
  const missing: Findings<ListedObject> = { count: 0, named: [] };
  let rows = 0;
  for (let last = { appId: 0, id: 0 }; ; ) {
    signal?.throwIfAborted();
    const batch = await store.recordingSearch.objectsAfter(last, BATCH);
    for (let first = 0; first < batch.length; first += STATS_AT_ONCE) {
      const some = batch.slice(first, first + STATS_AT_ONCE);
      const facts = await Promise.all(some.map(({ objectKey }) => objects.stat(objectKey)));
      const absent = some.filter((_, index) => facts[index] === undefined);
      // One that was removed meanwhile is no finding.
      for (const row of absent) if (await store.recordings.byObjectKey(row.objectKey)) addFinding(missing, row);
    }
    rows += batch.length;
    last = batch.at(-1) ?? last;
    if (batch.length < BATCH) return { rows, missing };
  }
};

const addFinding = <Finding>(findings: Findings<Finding>, finding: Finding): void => {
  findings.count++;
  if (findings.named.length < MOST_NAMED) findings.named.push(finding);
};

const refusedApps = ({ byApp }: Orphans): string[] =>
  [...byApp].filter(([, { orphans, total }]) => areTooMany(orphans, total)).map(([app]) => app);

const logReport = (log: Logger, report: ReconcileReport): void => {
  const { objects, rows, objectsWithoutRow, rowsWithoutObject, refused } = report;
  for (const { key, sizeBytes } of objectsWithoutRow.named.slice(0, MOST_LOGGED)) {
    log.warn({ objectKey: key, sizeBytes }, 'a stored object that no recording names');
  }
  for (const row of rowsWithoutObject.named.slice(0, MOST_LOGGED))
    log.error(row, 'a listed recording without its file');
  const counts = { objectsWithoutRow: objectsWithoutRow.count, rowsWithoutObject: rowsWithoutObject.count };
  log.info({ objects, rows, ...counts, refused }, 'what is stored was compared with what is listed');
};

const removeOrphans = async (
  options: ReconcileOptions,
  { evenMany = false, signal }: ReconcileRequest,
  report: ReconcileReport,
): Promise<void> => {
  const { store, objects, log } = options;
  for (const { key } of report.objectsWithoutRow.named) {
    signal?.throwIfAborted();
    if (!evenMany && report.refused.includes(appIn(key))) continue;
    // It may have got its row since.
    if ((await store.recordingSearch.knownObjects([key])).has(key)) continue;
    await objects.remove(key);
    log.warn({ objectKey: key }, 'a stored object that no recording names is removed');
    report.removed.push(key);
  }
};

const appIn = (objectKey: string): string => objectKey.split('/').slice(0, 2).join('/');

/** The name without its endings: a copy that was cut short has two. */
const recordingKeyIn = (objectKey: string): string => objectKey.split('/').at(-1)?.split('.')[0] ?? '';

async function* inBatches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
