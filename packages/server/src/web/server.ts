/** The HTTP interface, put together: what every answer has, then the routes, then an answer for everything else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { fastifyHelmet } from '@fastify/helmet';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import { type FastifyBaseLogger, fastify, LogController } from 'fastify';
import type { Config } from '../base/config.ts';
import type { Logger } from '../base/log.ts';
import { nowMs as monotonicMs } from '../base/monotonic-clock.ts';
import { IceServers } from '../conference/ice-servers.ts';
import { freeBytes } from '../storage/disk-space.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Store } from '../store/store.ts';
import {
  answerBrokenConnection,
  answerError,
  answerErrors,
  makeRequestId,
  refuseConnect,
  setCommonHeaders,
  wantOneHost,
} from './answers.ts';
import { Assets } from './assets.ts';
import { baseUrlOf, ownOrigins } from './base-url.ts';
import { BODY_LIMIT_BYTES, dropTypeOfNoBody, wantPlainBody } from './bodies.ts';
import type { CallsPort } from './calls-port.ts';
import type { ConferencesPort } from './conferences-port.ts';
import { answerCors } from './cors.ts';
import { emedia } from './emedia/emedia.ts';
import { type EventSocketLimits, EventSockets } from './events/event-sockets.ts';
import { routeUpgrades } from './events/upgrades.ts';
import { Gate } from './gate.ts';
import { joinViewOf } from './join-view.ts';
import { Links } from './links.ts';
import { DiskRoom } from './load/disk-room.ts';
import { Workload, type WorkloadOptions } from './load/workload.ts';
import { watchMethods } from './methods.ts';
import type { FigureSources, QueueFigures } from './metrics/figures.ts';
import { RequestFigures } from './metrics/request-figures.ts';
import { openServer, type Timeouts } from './open-server.ts';
import { describeAt, describeInterface } from './openapi/describe-interface.ts';
import { API_POLICY } from './page-policy.ts';
import { Passwords } from './passwords.ts';
import { Rates } from './rates/rates.ts';
import { REQUEST_SERIALIZERS, RequestLog } from './request-log.ts';
import { callRoutes } from './routes/calls.ts';
import { conferenceRoutes } from './routes/conferences.ts';
import { eventRoutes } from './routes/events.ts';
import { fileRoutes } from './routes/files.ts';
import { healthRoutes } from './routes/health.ts';
import { memberRoutes } from './routes/members.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';
import { recordingControlRoutes } from './routes/recording-control.ts';
import { recordingRoutes } from './routes/recordings.ts';
import { ownRecordingRoutes } from './routes/recordings-v1.ts';
import { revokeRoutes } from './routes/revoke.ts';
import { tokenRoutes } from './routes/token.ts';
import { userRoutes } from './routes/users.ts';
import { whepRoutes } from './routes/whep.ts';
import { whipRoutes } from './routes/whip.ts';
import { DisplayTime } from './times.ts';
import type { Tokens } from './tokens.ts';
import type { Routes, WebApp, WebServer } from './web-app.ts';

export type WebOptions = {
  config: Config;
  store: Store;
  conferences: ConferencesPort;
  calls: CallsPort;
  objects: ObjectStore;
  tokens: Tokens;
  log: Logger;
  /** Milliseconds since 1970; the system's unless given. */
  nowMs?: () => number;
  /** What removes a deleted recording's file; without it the next sweep of retention does. */
  onRecordingDeleted?: (recordingKey: RecordingKey) => void;
  /** How much waits to be done; without it nothing is told of that. */
  jobFigures?: () => Promise<readonly QueueFigures[]>;
  /** How long what is being answered when we stop may take; a download goes on with a range later. */
  closeGraceMs?: number;
  /** How many event sockets there may be, and how they are kept. */
  eventSockets?: Partial<EventSocketLimits>;
  /** How much is taken on at once. */
  workload?: WorkloadOptions | undefined;
  /** Stands in for asking the disk. */
  freeBytes?: typeof freeBytes;
  timeouts?: Partial<Timeouts>;
};

const VERSION = '0.1.0';

/** As long as a whole request may be: an over-long `length` is told that it is one, and not that there is no such path. */
const LONGEST_PARAM = 16 * 1024;

const CLOSE_GRACE_MS = 3_000;

const sourceOf = (name: string): string => fileURLToPath(new URL(`../../../${name}/src/`, import.meta.url));

const createApp = ({ config, log, timeouts = {} }: WebOptions, requestLog: RequestLog): WebApp =>
  fastify<WebServer, IncomingMessage, ServerResponse, FastifyBaseLogger>({
    loggerInstance: log.child({}, { serializers: REQUEST_SERIALIZERS }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: makeRequestId,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: LONGEST_PARAM },
    // fastify's own 503 has another body than ours; what still comes on an open connection is served, and then it is closed.
    return503OnClosing: false,
    clientErrorHandler: answerBrokenConnection,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, requestLog),
    // Whom X-Forwarded-For is believed.
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    serverFactory: (handler) => openServer(config.tls, timeouts, handler),
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(TypeBoxValidatorCompiler);

/** Of the pages that may call. */
const pageOrigins = (config: Config, baseUrl: string): string[] => [
  ...config.corsOrigins,
  ...ownOrigins(config, baseUrl),
];

const addHeaders = (app: WebApp, config: Config, baseUrl: () => string): void => {
  app.addHook('onRequest', setCommonHeaders);
  app.addHook('onRequest', wantOneHost);
  app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives: API_POLICY },
    xFrameOptions: { action: 'deny' },
    // Browsers keep it for a host with all its ports: it is said only of a name that the operator says is reached by HTTPS.
    strictTransportSecurity: config.publicUrl?.startsWith('https:') ? { includeSubDomains: false } : false,
  });
  app.addHook(
    'onRequest',
    answerCors(() => pageOrigins(config, baseUrl())),
  );
};

const figureSources = (options: WebOptions, workload: Workload): FigureSources => {
  const { config, store, conferences, jobFigures = async () => [] } = options;
  return {
    version: VERSION,
    conferences: () => conferences.figures(),
    jobs: jobFigures,
    recordingsListed: () => store.apps.listedTotal(),
    databaseAnswers: () => store.health(),
    freeBytes: () => (options.freeBytes ?? freeBytes)(config.dataDir),
    loopDelayMs: () => workload.loopDelayMs,
  };
};

type RouteMeans = { workload: Workload; requests: RequestFigures; sockets: EventSockets; baseUrl: () => string };

const routesOf = (options: WebOptions, { workload, requests, sockets, baseUrl }: RouteMeans): Routes[] => {
  const { config, store, conferences, calls, objects, tokens, log, nowMs = Date.now } = options;
  const origins = () => [...pageOrigins(config, baseUrl()), new URL(baseUrl()).origin];
  const rates = new Rates({ settings: config.rates, nowMs: monotonicMs, onRefused: workload.end });
  const gate = new Gate({ apps: store.apps, tokens, conferences, rates, workload });
  const disk = new DiskRoom({ dataDir: config.dataDir, nowMs: monotonicMs, freeBytes: options.freeBytes });
  const passwords = new Passwords();
  const time = new DisplayTime(config.timeZone);
  const links = new Links({ keys: store.linkKeys, baseUrl, nowMs });
  const iceServers = new IceServers({ ...config.ice, nowMs });
  const assets = new Assets({
    console: sourceOf('console'),
    client: sourceOf('client'),
    contract: sourceOf('contract'),
  });
  return [
    tokenRoutes({ gate, store, tokens, passwords, rates, giveTurnOn: workload.end }),
    revokeRoutes({ gate, tokens, conferences }),
    userRoutes({ gate, users: store.users, passwords, conferences }),
    conferenceRoutes({ gate, conferences, search: store.conferenceSearch, time }),
    memberRoutes({ gate, conferences, baseUrl, rates }),
    recordingControlRoutes({ gate, conferences, disk }),
    whipRoutes({ gate, conferences, iceServers, baseUrl, disk }),
    callRoutes({ gate, calls }),
    eventRoutes({
      ...{ gate, conferences, iceServers, calls },
      viewJoin: (...facts) => joinViewOf(baseUrl(), ...facts),
      sockets,
      workload,
      origins,
    }),
    whepRoutes({ gate, conferences, iceServers, baseUrl }),
    emedia({ store, conferences, iceServers, tokens, rates, workload, disk, baseUrl, origins, log, nowMs }),
    recordingRoutes({ gate, recordings: store.recordings, links, time }),
    ownRecordingRoutes({ gate, store, links, time, onRecordingDeleted: options.onRecordingDeleted ?? (() => {}) }),
    fileRoutes({ links, recordings: store.recordings, objects, rates, workload }),
    healthRoutes({ store, disk }),
    metricsRoutes({ token: config.metricsToken, requests, sources: figureSources(options, workload), rates }),
    pageRoutes({ assets, baseUrl, timeZone: config.timeZone }),
    describeAt,
  ];
};

/** Closing waits for every connection, and a client may take hours over a file. */
const boundClosing = (app: WebApp, graceMs: number): void => {
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
  });
  app.addHook('onClose', async () => clearTimeout(timer));
};

const limitWork = (app: WebApp, options: WebOptions): Workload => {
  const workload = new Workload(options.workload);
  app.addHook('onRequest', workload.refuseWhenBusy);
  app.addHook('preParsing', workload.leaveForBody);
  app.addHook('preValidation', workload.comeBack);
  app.addHook('onSend', async (request) => workload.end(request));
  app.addHook('preClose', async () => workload.drain());
  app.addHook('onClose', async () => workload.stop());
  return workload;
};

/** An event socket is no HTTP connection any more: closing the server would wait for it for ever. */
const addEventSockets = (app: WebApp, { tokens, log, eventSockets }: WebOptions): EventSockets => {
  const sockets = new EventSockets({ tokens, log, nowMs: monotonicMs, limits: eventSockets });
  routeUpgrades(app);
  app.addHook('preClose', () => sockets.close());
  return sockets;
};

/** Where it is reached: the public URL, or the bound address once it listens. Without a slash at the end. */
export type Web = WebApp & { publicUrl: () => string };

/** Ready to listen. */
export const buildWeb = (options: WebOptions): Web => {
  const requestLog = new RequestLog(options.log);
  const app = createApp(options, requestLog);
  const baseUrl = () => baseUrlOf(options.config, app.server.address());
  app.removeAllContentTypeParsers();
  answerErrors(app, requestLog);
  addHeaders(app, options.config, baseUrl);
  const workload = limitWork(app, options);
  app.addHook('onRequest', dropTypeOfNoBody);
  app.addHook('preParsing', wantPlainBody);
  app.addHook('onResponse', requestLog.writeLine);
  const requests = new RequestFigures();
  app.addHook('onResponse', requests.note);
  const answerOtherMethods = watchMethods(app);
  describeInterface(app, VERSION);
  const sockets = addEventSockets(app, options);
  for (const routes of routesOf(options, { workload, requests, sockets, baseUrl })) app.register(routes);
  app.register(answerOtherMethods);
  // An Expect field that we do not know may be ignored (RFC 9110, section 10.1.1); node's own 417 would bear none of our headers.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
  app.server.on('connect', (_, socket) => refuseConnect(socket));
  boundClosing(app, options.closeGraceMs ?? CLOSE_GRACE_MS);
  return app.decorate('publicUrl', baseUrl) as Web;
};
