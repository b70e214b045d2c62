/** The real service as a child process, for the demo, the tests and the benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceError } from './service-error.ts';

export type ServiceCredentials = { org: string; app: string; clientId: string; clientSecret: string };

export type ServiceOptions = {
  /** `CALLREEL_*` settings beside or instead of the usual ones (free ports, loopback, a temporary data directory). */
  settings?: Readonly<Record<string, string>>;
  /** Kept when the service stops; without it a temporary one is made, and removed. */
  dataDir?: string;
};

export type ServiceExit = { code: number | null; signal: NodeJS.Signals | null };

const MAIN = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));
const CREDENTIALS: ServiceCredentials = { org: 'acme', app: 'calls', clientId: 'acme-id', clientSecret: 'acme-secret' };
const READY = /^Callreel is ready at (\S+)/m;
/** A first start makes a database cluster: 4 s on two quiet cores, several times that on busy ones. */
const START_LIMIT_MS = 90_000;
/** Stopping finishes what it can first. */
const STOP_LIMIT_MS = 30_000;
const KEPT_OUTPUT_CHARACTERS = 200_000;

/** The caller's surroundings without settings of ours, nor what a test runner tells its own children. */
const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CALLREEL_.*|DATABASE_URL|NODE_TEST_CONTEXT)$/.test(name)),
  );

const settingsFor = (dataDir: string, { org, app, clientId, clientSecret }: ServiceCredentials) => ({
  CALLREEL_HOST: '127.0.0.1',
  CALLREEL_PORT: '0',
  CALLREEL_RTC_PORT: '0',
  CALLREEL_DATA_DIR: dataDir,
  CALLREEL_BOOTSTRAP: `${org}/${app}:${clientId}:${clientSecret}`,
});

/** A running service. Ended by `stop()` or `kill()`; a caller that exits takes it along. */
export class Service {
  readonly credentials = CREDENTIALS;
  readonly dataDir: string;
  readonly #child: ChildProcess;
  readonly #ownsDataDir: boolean;
  readonly #exited: Promise<ServiceExit>;
  #output = '';
  #url = '';

  private constructor(dataDir: string, options: ServiceOptions) {
    this.dataDir = dataDir;
    this.#ownsDataDir = options.dataDir === undefined;
    const env = { ...cleanEnvironment(), ...settingsFor(dataDir, CREDENTIALS), ...options.settings };
    this.#child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }) as ServiceExit);
    process.once('exit', this.#killAtExit);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    }
  }

  /** Resolves when it takes calls. Throws ServiceError, with what it printed, where it does not come up. */
  static async start(options: ServiceOptions = {}): Promise<Service> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'callreel-service-')));
    const service = new Service(dataDir, options);
    try {
      service.#url = await service.#ready();
      return service;
    } catch (error) {
      await service.kill();
      await service.#removeData();
      throw error;
    }
  }

  /** Where it answers, without a slash at the end. */
  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it printed and logged, the latest 200,000 characters. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when it has exited, for whatever reason. */
  get exited(): Promise<ServiceExit> {
    return this.#exited;
  }

  /** SIGTERM, and the data directory is removed if it was made here. Throws ServiceError where it had to be killed. Idempotent. */
  async stop(): Promise<ServiceExit> {
    this.#child.kill('SIGTERM');
    const exit = await within(this.#exited, STOP_LIMIT_MS);
    if (exit === undefined) await this.kill();
    process.off('exit', this.#killAtExit);
    await this.#removeData();
    if (exit === undefined) throw ServiceError.didNotStop(STOP_LIMIT_MS, this.#output);
    return exit;
  }

  /** SIGKILL. The data directory stays, for a service that is to find it so. */
  async kill(): Promise<ServiceExit> {
    this.#child.kill('SIGKILL');
    process.off('exit', this.#killAtExit);
    return this.#exited;
  }

  readonly #killAtExit = (): void => {
    this.#child.kill('SIGKILL');
  };

  async #ready(): Promise<string> {
    const said = await within(Promise.race([this.#saidReady(), this.#exited]), START_LIMIT_MS);
    if (said === undefined) throw ServiceError.notReady(START_LIMIT_MS, this.#output);
    if (typeof said === 'string') return said;
    throw ServiceError.exited(said.code, this.#output);
  }

  #saidReady(): Promise<string> {
    return new Promise((resolve) => {
      this.#child.stdout?.on('data', () => {
        const url = READY.exec(this.#output)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARACTERS);
  }

  async #removeData(): Promise<void> {
    if (this.#ownsDataDir) await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What the promise resolves to, or undefined when the time is up first. */
const within = async <Value>(promise: Promise<Value>, limitMs: number): Promise<Value | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
};
