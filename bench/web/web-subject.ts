/** The whole service as a process of its own, over a database that holds apps with recordings: what the benchmarks of HTTP speak to. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CallreelApi } from '@callreel/client/callreel-api.ts';
import { EmbeddedPostgres } from '@callreel/server/base/embedded-postgres/embedded-postgres.ts';
import { createLogger } from '@callreel/server/base/log.ts';
import type { PostgresConnection } from '@callreel/server/base/postgres-connection.ts';
import { openStore, type Store } from '@callreel/server/store/store.ts';
import { Service } from '@callreel/synthetic/service.ts';
import { createConference, newRecording } from '../../tests/support/store-rows.ts';

export type Tenant = {
  org: string;
  app: string;
  token: string;
  /** A conference with the app's recordings. */
  confrId: string;
};

export type WebSubject = {
  url: string;
  pid: number;
  dataDir: string;
  tenants: Tenant[];
  close: () => Promise<void>;
};

export type WebSubjectShape = {
  tenants: number;
  recordingsEach: number;
  /** Of each recording's file; 0: only the rows are there. */
  fileBytes?: number;
  settings?: Readonly<Record<string, string>>;
};

type Seed = Omit<Tenant, 'token'> & { clientId: string; clientSecret: string };

const TOKEN_TTL_SECONDS = 24 * 3600;
const WRITE_BYTES = 4 * 1024 * 1024;

const asUrl = (connection: PostgresConnection): string => {
  if (connection.kind === 'url') return connection.url;
  const { directory, user, database } = connection;
  return `postgres:///${database}?host=${encodeURIComponent(directory)}&user=${user}`;
};

/** Noise: nothing on the way may make it smaller. */
const writeNoise = async (path: string, sizeBytes: number): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  for (let left = sizeBytes; left > 0; left -= WRITE_BYTES) await file.write(randomBytes(Math.min(left, WRITE_BYTES)));
  await file.close();
};

const seedTenant = async (store: Store, dataDir: string, index: number, shape: WebSubjectShape): Promise<Seed> => {
  const { recordingsEach, fileBytes = 0 } = shape;
  const [org, name, clientId, clientSecret] = ['acme', `calls${index}`, 'id', randomBytes(32).toString('base64url')];
  const clientSecretHash = createHash('sha256').update(clientSecret).digest();
  const app = await store.apps.create({ org, name, clientId, clientSecretHash });
  const conference = await createConference(store, app.id);
  for (let count = 0; count < recordingsEach; count += 1) {
    const blank = newRecording(conference, fileBytes > 0 ? { sizeBytes: fileBytes } : {});
    const recording = { ...blank, objectKey: `${org}/${name}/20260101/${blank.recordingKey}.webm` };
    await store.recordings.list(recording);
    if (fileBytes > 0) await writeNoise(join(dataDir, 'recordings', recording.objectKey), fileBytes);
  }
  return { org, app: name, confrId: conference.id, clientId, clientSecret };
};

const signIn = async (baseUrl: string, { clientId, clientSecret, ...seed }: Seed): Promise<Tenant> => {
  const credentials = { clientId, clientSecret, ttlSeconds: TOKEN_TTL_SECONDS };
  const { access_token: token } = await CallreelApi.requestToken({ baseUrl, ...seed }, credentials);
  return { ...seed, token };
};

export const startWebSubject = async (shape: WebSubjectShape): Promise<WebSubject> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'callreel-bench-'));
  const log = createLogger('warn');
  const onFailed = (error: unknown) => log.fatal({ err: error }, 'PostgreSQL is gone');
  const postgres = await EmbeddedPostgres.start({ directory: `${dataDir}-postgres`, log, onFailed, durable: false });
  const store = await openStore({ connection: postgres.connection, log });
  const seeds: Seed[] = [];
  for (let index = 1; index <= shape.tenants; index += 1) seeds.push(await seedTenant(store, dataDir, index, shape));
  await store.close();
  const settings = { DATABASE_URL: asUrl(postgres.connection), CALLREEL_LOG_LEVEL: 'warn', ...shape.settings };
  const service = await Service.start({ dataDir, settings });
  const close = async (): Promise<void> => {
    await service.stop();
    await postgres.stop();
    for (const folder of [dataDir, `${dataDir}-postgres`]) await rm(folder, { recursive: true, force: true });
  };
  const tenants = await Promise.all(seeds.map((seed) => signIn(service.url, seed)));
  return { url: service.url, pid: service.pid, dataDir, tenants, close };
};
