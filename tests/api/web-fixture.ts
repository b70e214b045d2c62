/** The HTTP interface with everything real behind it but the media: for tests that speak HTTP. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM_OFFER as OFFER_SDP } from '@callreel/media/sdp/offers-fixture.ts';
import { type Config, readConfig } from '@callreel/server/base/config.ts';
import { createLogger } from '@callreel/server/base/log.ts';
import { nowMs } from '@callreel/server/base/monotonic-clock.ts';
import { RATE_NAMES } from '@callreel/server/base/rates.ts';
import type { Timers } from '@callreel/server/base/timers.ts';
import { Calls } from '@callreel/server/calls/calls.ts';
import { Conferences } from '@callreel/server/conference/conferences.ts';
import type { SpawnMediaProcess } from '@callreel/server/conference/media-pool.ts';
import { DiskStore } from '@callreel/server/storage/disk-store.ts';
import type { AppRecord, NewRecording, RecordingRow } from '@callreel/server/store/rows.ts';
import { openStore, type Store } from '@callreel/server/store/store.ts';
import { buildWeb, type Web, type WebOptions } from '@callreel/server/web/server.ts';
import { DisplayTime } from '@callreel/server/web/times.ts';
import { Tokens } from '@callreel/server/web/tokens.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { createConference, ids, newRecording } from '../support/store-rows.ts';
import { askForWebSocket } from '../support/web-socket-request.ts';

export const ANSWER_SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
/** The same browser's, if it were to receive. */
export const RECEIVE_SDP = OFFER_SDP.replaceAll('a=sendonly', 'a=recvonly');
/** Its credentials, as a fragment for PATCH names them. */
export const OFFER_ICE = `${/^a=ice-ufrag:.*\r\na=ice-pwd:.*\r\n/m.exec(OFFER_SDP)?.[0]}`;

/** Answers whatever begins as SDP does. */
const mediaStandIn: SpawnMediaProcess = () => ({
  request: async (request) => {
    if (request.kind === 'end') return { kind: 'ended' };
    if (request.kind === 'mute') return { kind: 'muted' };
    if (request.kind === 'changeSubscription') return { kind: 'subscriptionChanged' };
    if (request.kind === 'unsubscribe') return { kind: 'unsubscribed' };
    if (request.kind.endsWith('Recording')) return { kind: 'recordingChanged' };
    if (!('offer' in request)) throw new TypeError(request.kind);
    if (request.offer.startsWith('v=0')) return { kind: 'answered', answer: ANSWER_SDP };
    return { kind: 'illegalSdp', description: 'Line 1 must be v=0' };
  },
  close: async () => {},
});

/** A test calls from one address, as often as it needs to, unless it is about rates. */
const NO_RATES = RATE_NAMES.map((name) => `${name}=100000`).join(',');
const NO_SHARES = { live: { part: 1, burstMs: 1e9 }, other: { part: 1, burstMs: 1e9 } };

export { OFFER_SDP };

export type Credentials = { clientId: string; clientSecret: string };
export type TestApp = AppRecord & Credentials & { token: string };

export type Call = {
  method?: string;
  token?: string;
  /** Sent as JSON. */
  json?: unknown;
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  /** Asks for a WebSocket, with the token among the protocols. What is opened is closed again. */
  webSocket?: boolean;
};

export type Answer = {
  status: number;
  headers: Headers;
  text: string;
  json: <Body = Record<string, unknown>>() => Body;
};

type Parts = {
  routes: string[];
  conferences: Conferences;
  config: Config;
  postgres: TestPostgres;
  store: Store;
  tokens: Tokens;
  objects: DiskStore;
  web: Web;
  logged: string[];
  stops: (() => Promise<unknown>)[];
};

/** Filled when the routes are added, which is before it listens. */
const listRoutes = (web: Web): string[] => {
  const routes: string[] = [];
  web.addHook('onRoute', ({ method, url }) => {
    const methods = [method].flat();
    // Only the answer to all other methods has such a list.
    if (methods.includes('PROPFIND')) return;
    routes.push(...methods.filter((name) => name !== 'OPTIONS').map((name) => `${name} ${url}`));
  });
  return routes;
};

type FixtureOptions = Partial<WebOptions> & {
  spawnMedia?: SpawnMediaProcess;
  /** Of calls that ring; the system's unless given. */
  callTimers?: Timers;
  /** Of lost connections; the contract's unless given. */
  holdMs?: number;
};

export class WebFixture {
  readonly config: Config;
  readonly postgres: TestPostgres;
  readonly store: Store;
  readonly tokens: Tokens;
  readonly objects: DiskStore;
  readonly conferences: Conferences;
  readonly web: Web;
  readonly url: string;
  /** What was logged, as JSON lines. */
  readonly logged: string[];
  /** `POST /:org/:app/token`, of every route of the router; those that answer 405 and OPTIONS are left out. */
  readonly routes: readonly string[];
  readonly #stops: (() => Promise<unknown>)[];

  private constructor(parts: Parts) {
    this.config = parts.config;
    this.postgres = parts.postgres;
    this.store = parts.store;
    this.tokens = parts.tokens;
    this.objects = parts.objects;
    this.web = parts.web;
    this.logged = parts.logged;
    this.routes = parts.routes;
    this.conferences = parts.conferences;
    this.url = parts.web.publicUrl();
    this.#stops = parts.stops;
  }

  static async start(
    env: Record<string, string> = {},
    { spawnMedia = mediaStandIn, callTimers, holdMs, ...options }: FixtureOptions = {},
  ): Promise<WebFixture> {
    const postgres = await startPostgres();
    const dataDir = await mkdtemp(join(tmpdir(), 'callreel-web-'));
    const config = readConfig({ CALLREEL_DATA_DIR: dataDir, CALLREEL_PORT: '0', CALLREEL_RATES: NO_RATES, ...env });
    const logged: string[] = [];
    const log = createLogger('debug', { write: (line) => logged.push(line) });
    const store = await openStore({ connection: postgres.connection, log: postgres.log });
    await store.linkKeys.ensureOne();
    const tokens = new Tokens({ store, nowMs: Date.now });
    const time = new DisplayTime(config.timeZone);
    const conferences = new Conferences({
      ...{ store, ids, nowMs, bootId: '', log, mediaProcesses: 1, spawnMedia, ...(holdMs && { holdMs }) },
      formatTime: (instant) => time.format(instant),
      issueMemberToken: (...request) => tokens.issueMember(...request),
      onRecordingEnded: () => {},
      onConferenceEnded: () => {},
    });
    const objects = new DiskStore(join(dataDir, 'recordings'));
    const calls = new Calls({ conferences, ids, log, ...(callTimers && { timers: callTimers }) });
    const workload = { limits: { shares: NO_SHARES } };
    const web = buildWeb({ ...{ config, store, conferences, calls, objects, tokens, log, workload }, ...options });
    const routes = listRoutes(web);
    await web.listen({ host: config.host, port: config.port });
    const stops = [
      () => web.close(),
      () => calls.close(),
      () => conferences.close(0),
      () => store.close(),
      () => postgres.stop(),
      () => rm(dataDir, { recursive: true, force: true }),
    ];
    return new WebFixture({ routes, conferences, config, postgres, store, tokens, objects, web, logged, stops });
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop();
  }

  /** An app that no other test has, with its token. */
  async createApp(org = 'Acme', name = `Meet-${randomBytes(6).toString('hex')}`): Promise<TestApp> {
    const [clientId, clientSecret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
    const clientSecretHash = createHash('sha256').update(clientSecret).digest();
    const app = await this.store.apps.create({ org, name, clientId, clientSecretHash });
    const { token } = await this.tokens.issueApp(app, undefined);
    return { ...app, clientId, clientSecret, token };
  }

  async userToken(app: AppRecord, userName: string): Promise<string> {
    const { token } = await this.tokens.issueUser(app, userName as RecordingRow['userName'], undefined);
    return token;
  }

  /** `path` from the root, or a whole URL. */
  async call(path: string, { method = 'GET', token, json, body, headers, webSocket }: Call = {}): Promise<Answer> {
    if (webSocket) return askForWebSocket(new URL(path, this.url), token, headers);
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
  }

  /** A listed recording with its file in the store. */
  async addRecording(
    app: AppRecord,
    content: Uint8Array,
    given: Partial<NewRecording> = {},
  ): Promise<NewRecording & { id: number }> {
    const conference = given.confrId
      ? { id: given.confrId, appId: app.id }
      : await createConference(this.store, app.id);
    const blank = newRecording(conference as Parameters<typeof newRecording>[0], given);
    const { recordingKey } = blank;
    const objectKey = `${app.org}/${app.name}/${recordingKey.slice(0, 8)}/${recordingKey}.${blank.container}`;
    const recording = { ...blank, objectKey, sizeBytes: content.length };
    const path = join(this.config.dataDir, recordingKey);
    await writeFile(path, content);
    await this.objects.put(path, objectKey);
    const listed = await this.store.recordings.list(recording);
    if (listed === 'duplicate') throw new Error('the recording is listed already');
    return { ...recording, id: listed.id };
  }
}
