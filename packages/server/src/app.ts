/** The composition root: constructs every service, starts them in order, stops them in reverse. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppName, IdSource, OrgName, RecordingKey } from '@callreel/contract/ids.ts';
import type { Bootstrap, Config } from './base/config.ts';
import { lockDirectory } from './base/directory-lock.ts';
import { EmbeddedPostgres } from './base/embedded-postgres/embedded-postgres.ts';
import type { Logger } from './base/log.ts';
import { mediaAddress } from './base/media-address.ts';
import { nowMs } from './base/monotonic-clock.ts';
import type { PostgresConnection } from './base/postgres-connection.ts';
import { isOpenToOthers, makePrivateFolder } from './base/private-folder.ts';
import { systemTimers } from './base/timers.ts';
import { Calls } from './calls/calls.ts';
import { Compositor } from './compositor/host.ts';
import { Chronicle } from './conference/chronicle/chronicle.ts';
import { Conferences } from './conference/conferences.ts';
import { Jobs } from './jobs/jobs.ts';
import { Recordings } from './recordings/recordings.ts';
import { systemClocks } from './retention/clocks.ts';
import { Retention } from './retention/retention.ts';
import { MediaProcess } from './sfu/host.ts';
import { DiskStore } from './storage/disk-store.ts';
import { LoneService } from './store/lone-service.ts';
import { openStore, type Store } from './store/store.ts';
import { buildWeb } from './web/server.ts';
import { DisplayTime } from './web/times.ts';
import { Tokens } from './web/tokens.ts';

export type App = {
  /** Where to reach it. */
  url: string;
  /** Made on the very first start where no bootstrap was set: shown once. */
  newCredentials: Bootstrap | undefined;
  /** Finishes what it can within a few seconds; the rest waits on disk for the next start. */
  stop(): Promise<void>;
};

const STOP_GRACE_MS = 8_000;
const COMMAND_LIMIT_MS = 30_000;

/** What is running, so that a start that fails half-way stops what it started. */
class Running {
  readonly #stops: { name: string; stop: () => Promise<void> }[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  add<Service>(name: string, service: Service, stop: (service: Service) => Promise<void>): Service {
    this.#stops.push({ name, stop: () => stop(service) });
    return service;
  }

  async stopAll(): Promise<void> {
    for (const { name, stop } of this.#stops.splice(0).reverse()) {
      this.#log.debug({ service: name }, 'stopping');
      await stop().catch((error: unknown) => this.#log.error({ service: name, err: error }, 'did not stop cleanly'));
    }
  }
}

/** Starts everything; when it resolves the service takes calls. @throws whatever kept a part from starting, all others stopped. */
export const startApp = async (config: Config, log: Logger): Promise<App> => {
  const running = new Running(log);
  try {
    return await startServices(config, log, running);
  } catch (error) {
    await running.stopAll();
    throw error;
  }
};

const startServices = async (config: Config, log: Logger, running: Running): Promise<App> => {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  running.add('data folder', lockDirectory(config.dataDir), async (it) => it.release());
  // What is in it is closed to others; the folder itself may be one that the operator shares with something else.
  if (await isOpenToOthers(config.dataDir)) log.warn({ dataDir: config.dataDir }, 'the data folder is open to others');
  const spoolDir = join(config.dataDir, 'spool');
  const recordingsDir = join(config.dataDir, 'recordings');
  for (const folder of [spoolDir, recordingsDir]) await makePrivateFolder(folder);
  const ids: IdSource = { nowMs: Date.now, randomBytes: (count) => randomBytes(count) };

  const connection = await databaseConnection(config, log, running);
  running.add('claim', await LoneService.claim(connection, log), (it) => it.release());
  const store = running.add('store', await openStore({ connection, log }), (it) => it.close());
  const objects = new DiskStore(recordingsDir);
  const compositor = running.add('compositor', new Compositor({ log }), (it) => it.close(0));
  const jobs = running.add('jobs', new Jobs({ connection, log }), (it) => it.stop(STOP_GRACE_MS));
  await jobs.start();
  const recordings = new Recordings({ store, objects, jobs, compositor, spoolDir, ids, log });
  running.add('recordings', recordings, (it) => it.stop());
  await recordings.start();
  const clocks = systemClocks(await readBootId(), store);
  const retention = new Retention({ store, objects, jobs, spoolDir, clocks, log });
  running.add('retention', retention, (it) => it.stop());
  await retention.start();
  await jobs.work({ ...recordings.handlers, ...retention.handlers });

  const tokens = new Tokens({ store, nowMs: ids.nowMs });
  const conferences = await startConferences({ config, log, running, store, recordings, tokens, spoolDir, ids });

  const calls = running.add('calls', new Calls({ conferences, ids, log }), (it) => it.close());

  const onRecordingDeleted = (key: RecordingKey) => retention.recordingDeleted(key);
  const jobFigures = () => jobs.figures();
  const web = buildWeb({ config, store, conferences, calls, objects, tokens, log, onRecordingDeleted, jobFigures });
  running.add('web', web, (it) => it.close());
  await web.listen({ host: config.host, port: config.port });
  warnOfUnreachableUrls(config, log);
  // Last: credentials that are made must be shown, and they are shown once.
  const newCredentials = await ensureFirstApp(store, config);
  return { url: web.publicUrl(), newCredentials, stop: () => running.stopAll() };
};

const warnOfUnreachableUrls = ({ host, publicUrl }: Config, log: Logger): void => {
  const isWildcard = host === '0.0.0.0' || host === '::';
  if (!isWildcard || publicUrl !== undefined) return;
  log.warn(
    'CALLREEL_PUBLIC_URL is not set: links and addresses given out name this machine itself, and work from it alone',
  );
};

type ConferenceParts = {
  config: Config;
  log: Logger;
  running: Running;
  store: Store;
  recordings: Recordings;
  tokens: Tokens;
  spoolDir: string;
  ids: IdSource;
};

const startConferences = async (parts: ConferenceParts): Promise<Conferences> => {
  const { config, log, running, store, recordings, tokens, spoolDir, ids } = parts;
  const time = new DisplayTime(config.timeZone);
  const inBackground = (work: Promise<void>) =>
    void work.catch((error: unknown) => log.error({ err: error }, 'not handed on: the next sweep takes it up'));
  const clocks = { nowMs, wallMs: ids.nowMs };
  const chronicle = new Chronicle({ store, clocks, timers: systemTimers, log });
  running.add('chronicle', chronicle, (it) => it.close());
  const conferences = new Conferences({
    ...{ store, ids, nowMs, log, bootId: await readBootId() },
    formatTime: (instant) => time.format(instant),
    mediaProcesses: config.mediaProcesses,
    spawnMedia: (index, onEvent, onExit) =>
      new MediaProcess({
        rtcPort: config.rtcPort === 0 ? 0 : config.rtcPort + index,
        bindAddress: mediaAddress(config.host),
        announceAddresses: config.rtcAddresses,
        ...{ spoolDir, log, onEvent, onExit },
      }),
    issueMemberToken: (...request) => tokens.issueMember(...request),
    chronicle: (...frame) => chronicle.take(...frame),
    onRecordingEnded: (key) => inBackground(recordings.recordingEnded(key)),
    onConferenceEnded: (confrId) => inBackground(recordings.conferenceEnded(confrId)),
  });
  running.add('conferences', conferences, (it) => it.close(STOP_GRACE_MS));
  recordings.followEmpty(({ confrId, pubStreamId, reason }) =>
    conferences.recording.tellEmpty(confrId, pubStreamId, reason),
  );
  await conferences.start();
  return conferences;
};

const databaseConnection = async (config: Config, log: Logger, running: Running): Promise<PostgresConnection> => {
  if (config.databaseUrl !== undefined) return { kind: 'url', url: config.databaseUrl };
  const onFailed = (error: unknown) => {
    log.fatal({ err: error }, 'the embedded PostgreSQL cannot be kept up: stopping');
    process.kill(process.pid, 'SIGTERM');
  };
  const directory = join(config.dataDir, 'postgres');
  // The data folder is ours: who else has this one is a command, and soon done.
  const postgres = await EmbeddedPostgres.start({ directory, log, onFailed, waitForLockMs: COMMAND_LIMIT_MS });
  return running.add('postgres', postgres, (it) => it.stop()).connection;
};

/** Makes the app that the settings name where it is absent; without one, and without any app, `demo/demo`. */
const ensureFirstApp = async (store: Store, config: Config): Promise<Bootstrap | undefined> => {
  if (config.bootstrap) {
    await ensureApp(store, config.bootstrap, config.retentionDays);
    return undefined;
  }
  if ((await store.apps.count()) > 0) return undefined;
  const made: Bootstrap = {
    org: 'demo' as OrgName,
    app: 'demo' as AppName,
    clientId: randomBytes(12).toString('base64url'),
    clientSecret: randomBytes(32).toString('base64url'),
  };
  await ensureApp(store, made, config.retentionDays);
  return made;
};

const ensureApp = async (store: Store, { org, app, clientId, clientSecret }: Bootstrap, retentionDays: number) => {
  if (await store.apps.find(org, app)) return;
  const clientSecretHash = createHash('sha256').update(clientSecret).digest();
  await store.apps.create({ org, name: app, clientId, clientSecretHash, retentionDays });
};

/** Tells whether two monotonic times are of the same boot; empty where the system does not say. */
const readBootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
