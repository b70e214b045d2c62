/** Retention on a real store and real files, at times that a test sets. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createConference, newRecording } from '../../../../tests/support/store-rows.ts';
import { createLogger } from '../base/log.ts';
import { DiskStore } from '../storage/disk-store.ts';
import type { AppRecord, NewRecording } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { type Clocks, DAY_MS, markOf, readClocks } from './clocks.ts';
import type { SweepOptions } from './sweep-options.ts';

export type ListedFile = NewRecording & { id: number; recordTime: Date };

/** All of a machine's clocks; they go on together, unless a test makes one leap. */
export class VirtualClocks implements Clocks {
  bootId = 'first boot';
  #wallMs = Date.now();
  #sinceBootMs = DAY_MS;
  #databaseAheadMs = 0;

  wallMs = (): number => this.#wallMs;
  sinceBootMs = (): number => this.#sinceBootMs;
  databaseMs = async (): Promise<number> => this.#wallMs + this.#databaseAheadMs;

  pass(ms: number): void {
    this.#wallMs += ms;
    this.#sinceBootMs += ms;
  }

  /** Of the machine, and of a database on it. */
  leap(ms: number): void {
    this.#wallMs += ms;
  }

  /** The machine is off for so long by its wall clock. */
  reboot(ms: number): void {
    this.bootId = `boot ${randomBytes(4).toString('hex')}`;
    this.#wallMs += ms;
    this.#sinceBootMs = 60_000;
  }

  setDatabaseAhead(ms: number): void {
    this.#databaseAheadMs = ms;
  }
}

export class RetentionFixture {
  readonly postgres: TestPostgres;
  readonly store: Store;
  readonly folder: string;

  private constructor(postgres: TestPostgres, store: Store, folder: string) {
    this.postgres = postgres;
    this.store = store;
    this.folder = folder;
  }

  static async start(): Promise<RetentionFixture> {
    const postgres = await startPostgres();
    const store = await openStore(postgres);
    return new RetentionFixture(postgres, store, await mkdtemp(join(tmpdir(), 'callreel-retention-')));
  }

  async stop(): Promise<void> {
    await this.store.close();
    await this.postgres.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** For one test: files, spool and clocks of its own, and what was sent and logged. */
  async stage(): Promise<Stage> {
    const place = await mkdtemp(join(this.folder, 'stage-'));
    const spoolDir = join(place, 'spool');
    await mkdir(spoolDir);
    const stage = new Stage(this.store, place, spoolDir);
    for (const { kind, appId } of await this.store.retention.alarms()) await this.store.retention.clear(kind, appId);
    // As if a sweep had just been.
    await this.store.retention.restartClock(markOf(await readClocks(stage.clocks)));
    return stage;
  }
}

export class Stage {
  readonly clocks = new VirtualClocks();
  readonly logged: Record<string, unknown>[] = [];
  readonly sent: [string, unknown][] = [];
  readonly store: Store;
  readonly objects: DiskStore;
  readonly spoolDir: string;
  /** Holds files and spool, as a data folder does. */
  readonly place: string;

  constructor(store: Store, place: string, spoolDir: string) {
    this.store = store;
    this.place = place;
    this.spoolDir = spoolDir;
    this.objects = new DiskStore(join(place, 'recordings'));
  }

  get options(): SweepOptions {
    const { store, objects, spoolDir, clocks } = this;
    const log = createLogger('debug', { write: (line) => this.logged.push(JSON.parse(line)) });
    const send = async (name: string, payload: unknown) => this.sent.push([name, payload]) > 0;
    return { store, objects, spoolDir, clocks, log, jobs: { send } };
  }

  errors(): unknown[] {
    return this.logged.filter(({ level }) => level === 'error').map(({ msg }) => msg);
  }

  /** Stores an object of this key, last written so long ago. */
  async put(objectKey: string, ageMs = 0): Promise<void> {
    const path = join(this.place, 'file');
    await writeFile(path, objectKey);
    const at = new Date(this.clocks.wallMs() - ageMs);
    await utimes(path, at, at);
    await this.objects.put(path, objectKey);
  }

  /** Files with their rows, of one conference. */
  async list(app: AppRecord, count: number, given: Partial<NewRecording> = {}): Promise<ListedFile[]> {
    const conference = await createConference(this.store, app.id, { endedAt: new Date() });
    const files: ListedFile[] = [];
    for (let index = 0; index < count; index++) {
      const blank = newRecording(conference, given);
      const objectKey = objectKeyOf(app, blank.recordingKey);
      await this.put(objectKey);
      const listed = await this.store.recordings.list({ ...blank, objectKey });
      if (listed === 'duplicate') throw new Error('listed already');
      files.push({ ...blank, objectKey, ...listed });
    }
    return files;
  }

  /** Those of these files whose objects are still there. */
  async stored(files: readonly ListedFile[]): Promise<RecordingKey[]> {
    const facts = await Promise.all(files.map(({ objectKey }) => this.objects.stat(objectKey)));
    return files.filter((_, index) => facts[index] !== undefined).map(({ recordingKey }) => recordingKey);
  }
}

export const objectKeyOf = (app: AppRecord, key: RecordingKey): string =>
  `${app.org}/${app.name}/${key.slice(0, 8)}/${key}.webm`;
