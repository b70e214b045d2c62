/** The listening side of HTTP: how long a client may take over what, and how many there may be. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { type Config, ConfigError } from '../base/config.ts';
import { asksForSocket } from './events/upgrades.ts';
import type { WebServer } from './web-app.ts';

export type Timeouts = {
  /** A request must have come whole by then: no body of ours is large. It is answered 408, where an answer can still be told apart. */
  requestMs: number;
  /** How often it is looked for those who are over it. */
  lookEveryMs: number;
  /** Longer than the minute after which most proxies drop an idle connection: it is theirs to close. */
  keepAliveMs: number;
  /** A connection on which not a byte got through for so long, in either direction, is closed: the client of a download is gone. */
  stalledMs: number;
};

const TIMEOUTS: Timeouts = { requestMs: 30_000, lookEveryMs: 5_000, keepAliveMs: 72_000, stalledMs: 120_000 };

/** For everything else that the process has open: the database, children, the files being sent are counted apart. */
const OTHER_HANDLES = 256;
/** A connection, and the file that is sent over it. */
const HANDLES_A_CONNECTION = 2;
const LEAST_CONNECTIONS = 100;

/** Undefined where the system does not say, or sets no limit. */
const openFileLimit = (): number | undefined => {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
};

const optionsOf = ({ requestMs, lookEveryMs, keepAliveMs }: Timeouts): ServerOptions => ({
  requestTimeout: requestMs,
  headersTimeout: requestMs,
  connectionsCheckingInterval: lookEveryMs,
  keepAliveTimeout: keepAliveMs,
  // We look for it ourselves: node's own answer has no body and none of our headers.
  requireHostHeader: false,
  shouldUpgradeCallback: asksForSocket,
});

/** fastify sets none of these on a server that it did not make. */
export const openServer = (tls: Config['tls'], given: Partial<Timeouts>, handler: RequestListener): WebServer => {
  const timeouts = { ...TIMEOUTS, ...given };
  const options = optionsOf(timeouts);
  const server =
    tls === undefined
      ? createServer(options, handler)
      : createSecureServer({ ...options, handshakeTimeout: timeouts.requestMs, ...certificate(tls) }, handler);
  server.timeout = timeouts.stalledMs;
  const most = openFileLimit();
  // One too many is closed at once; without this the database's next connection would fail for want of a handle.
  if (most) server.maxConnections = Math.max(LEAST_CONNECTIONS, (most - OTHER_HANDLES) / HANDLES_A_CONNECTION);
  return server;
};

/** @throws ConfigError that names the setting */
const certificate = ({ certPath, keyPath }: NonNullable<Config['tls']>) => {
  const pem = { cert: readPem('CALLREEL_TLS_CERT', certPath), key: readPem('CALLREEL_TLS_KEY', keyPath) };
  try {
    createSecureContext(pem);
  } catch (error) {
    const wanted =
      'CALLREEL_TLS_CERT and CALLREEL_TLS_KEY must name a PEM certificate and its key, without a passphrase';
    throw ConfigError.invalid([`${wanted} (${reasonOf(error)})`]);
  }
  return pem;
};

const readPem = (name: string, path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw ConfigError.invalid([`${name} must name a file that this user may read (${reasonOf(error)})`]);
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
