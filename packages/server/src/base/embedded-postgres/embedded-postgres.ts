/**
 * PostgreSQL as a child of the service, from the binaries of an npm package: a cluster in a folder of the service's own,
 * reached by a Unix socket in a folder of mode 0700 and by no network. Started anew where it dies.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DirectoryLock, DirectoryLockError, lockDirectory } from '../directory-lock.ts';
import type { Logger } from '../log.ts';
import { nowMs } from '../monotonic-clock.ts';
import type { PostgresConnection } from '../postgres-connection.ts';
import { findPlatformPackage, prepareBinaries } from './binaries.ts';
import { CLUSTER_DATABASE, CLUSTER_USER, type ClusterOptions, clusterDirIn, prepareCluster } from './cluster.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { stopLeftover } from './leftover.ts';
import { Postmaster } from './postmaster.ts';
import { chooseRunAs } from './run-as.ts';
import { openSocketDirectory, type SocketDirectory } from './socket-directory.ts';

export { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export type EmbeddedPostgresOptions = {
  /** A folder of its own, made where absent: holds the cluster and the lock. */
  directory: string;
  log: Logger;
  /** It died and could not be started again: the service cannot go on. */
  onFailed: (error: unknown) => void;
  /** False leaves out waiting for the disk: for databases that are thrown away. */
  durable?: boolean;
  /** How long to wait for one who uses the folder just now, as a command does for a moment. 0 unless given. */
  waitForLockMs?: number;
};

/** Backends of a postmaster that was killed take a moment to notice, and bar the next one until then. */
const RESTART_DELAYS_MS = [100, 200, 500, 1000, 2000, 5000, 10_000];
/** A run this long makes the next death a first one again. */
const STEADY_MS = 60_000;
const LOCK_POLL_MS = 50;

type Parts = {
  options: EmbeddedPostgresOptions;
  cluster: ClusterOptions;
  lock: DirectoryLock;
  socket: SocketDirectory;
};

export class EmbeddedPostgres {
  /** Good across restarts of the server process. */
  readonly connection: PostgresConnection;
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  readonly #supervision: Promise<void>;
  #postmaster: Postmaster;
  #stopped: Promise<void> | undefined;

  private constructor(parts: Parts, postmaster: Postmaster) {
    this.#parts = parts;
    this.#postmaster = postmaster;
    this.connection = { kind: 'socket', directory: parts.socket.path, user: CLUSTER_USER, database: CLUSTER_DATABASE };
    this.#supervision = this.#supervise();
  }

  /** Resolves when it takes connections. Throws an EmbeddedPostgresError; 'inUse' where another service has the folder. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const directory = resolve(options.directory);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await lockOrRefuse(directory, options.waitForLockMs ?? 0);
    let socket: SocketDirectory | undefined;
    try {
      const cluster = await prepare(directory, options);
      socket = openSocketDirectory(cluster.clusterDir);
      const postmaster = await Postmaster.start(cluster, options.log);
      return new EmbeddedPostgres({ options, cluster, lock, socket }, postmaster);
    } catch (error) {
      socket?.close();
      lock.release();
      throw error;
    }
  }

  /** Of the server process; another after a restart. */
  get pid(): number | undefined {
    return this.#postmaster.pid;
  }

  /** Shuts it down with all its connections, writing everything to the disk. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#postmaster.stop();
    await this.#supervision;
    // A restart that was under way has put another in its place.
    await this.#postmaster.stop();
    this.#parts.socket.close();
    this.#parts.lock.release();
  }

  async #supervise(): Promise<void> {
    let deaths = 0;
    for (;;) {
      const startedMs = nowMs();
      const how = await this.#postmaster.exited;
      if (this.#stopping.signal.aborted) return;
      this.#parts.options.log.error({ how }, 'the embedded PostgreSQL is gone: starting it again');
      deaths = nowMs() - startedMs > STEADY_MS ? 0 : deaths;
      const restarted = await this.#restart(RESTART_DELAYS_MS.slice(deaths++));
      if (!restarted) return;
    }
  }

  async #restart(delaysMs: readonly number[]): Promise<boolean> {
    const { log, onFailed } = this.#parts.options;
    let cause: unknown = EmbeddedPostgresError.startFailed('it dies again and again');
    for (const delayMs of delaysMs) {
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return false;
      try {
        this.#postmaster = await Postmaster.start(this.#parts.cluster, log);
        return true;
      } catch (error) {
        cause = error;
        log.error({ err: error }, 'the embedded PostgreSQL could not be started again');
      }
    }
    onFailed(cause);
    return false;
  }
}

const lockOrRefuse = async (directory: string, waitForLockMs: number): Promise<DirectoryLock> => {
  const untilMs = nowMs() + waitForLockMs;
  for (;;) {
    try {
      return lockDirectory(directory);
    } catch (error) {
      const isInUse = error instanceof DirectoryLockError && error.reason === 'inUse';
      if (!isInUse) throw error;
      if (nowMs() >= untilMs) throw EmbeddedPostgresError.inUse(directory, error);
    }
    await sleep(LOCK_POLL_MS);
  }
};

const prepare = async (directory: string, options: EmbeddedPostgresOptions): Promise<ClusterOptions> => {
  const clusterDir = clusterDirIn(directory);
  const runAs = await chooseRunAs(clusterDir);
  const binaries = await prepareBinaries(await findPlatformPackage(), runAs, join(directory, 'binaries'));
  await stopLeftover(clusterDir, options.log);
  const cluster = { clusterDir, binaries, runAs, durable: options.durable ?? true };
  await prepareCluster(cluster);
  return cluster;
};
