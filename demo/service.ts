import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DemoError } from './demo-error.ts';

export type Credentials = { org: string; app: string; clientId: string; clientSecret: string };

const MAIN = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url));
const READY = /^Callreel is ready at (https?:\/\/\S+)/;
/** The first start makes a database. */
const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 20_000;
const LAST_WORDS = 25;

/** The settings of this demo and none of the user's: another database or port is not to be touched. */
const environment = (dataDir: string, { org, app, clientId, clientSecret }: Credentials): NodeJS.ProcessEnv => {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CALLREEL_') && name !== 'DATABASE_URL',
  );
  return {
    ...Object.fromEntries(inherited),
    CALLREEL_HOST: '127.0.0.1',
    CALLREEL_PORT: '0',
    CALLREEL_RTC_PORT: '0',
    CALLREEL_DATA_DIR: dataDir,
    CALLREEL_BOOTSTRAP: `${org}/${app}:${clientId}:${clientSecret}`,
    CALLREEL_TIME_ZONE: TIME_ZONE,
  };
};

/** In which the service shows and takes times. */
export const TIME_ZONE = 'Asia/Shanghai';

/** The real service as a process of its own, on free ports and with a data directory that goes with it. */
export class Service {
  readonly credentials: Credentials;
  readonly #child: ChildProcess;
  readonly #dataDir: string;
  readonly #log: WriteStream;
  readonly #lastWords: string[] = [];
  readonly #ready = Promise.withResolvers<string>();
  #url = '';

  private constructor(dataDir: string, logPath: string, credentials: Credentials) {
    this.credentials = credentials;
    this.#dataDir = dataDir;
    this.#log = createWriteStream(logPath);
    this.#child = spawn(process.execPath, [MAIN], {
      env: environment(dataDir, credentials),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (output) createInterface({ input: output }).on('line', (line) => this.#handleLine(line));
    }
    this.#child.on('exit', (code, signal) => this.#handleExit(signal ?? `exit code ${code}`));
    this.#ready.promise.catch(() => {});
  }

  /** Starts it and waits until it takes calls; its log goes to `logPath`. Throws DemoError. */
  static async start(logPath: string): Promise<Service> {
    const dataDir = await mkdtemp(join(tmpdir(), 'callreel-demo-'));
    const secret = randomBytes(24).toString('base64url');
    const service = new Service(dataDir, logPath, {
      org: 'demo',
      app: 'demo',
      clientId: 'demo-client',
      clientSecret: secret,
    });
    try {
      await service.#waitUntilReady();
      return service;
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  /** Where it answers, without a slash at the end. */
  get url(): string {
    return this.#url;
  }

  /** Asks it to stop, waits, and removes its data. Idempotent. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS);
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
      clearTimeout(timer);
    }
    this.#log.end();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #waitUntilReady(): Promise<void> {
    const timer = setTimeout(() => {
      this.#ready.reject(DemoError.serviceSilent(READY_WITHIN_MS, this.#lastWords.join('\n')));
    }, READY_WITHIN_MS);
    try {
      this.#url = (await this.#ready.promise).replace(/\/$/, '');
    } finally {
      clearTimeout(timer);
    }
  }

  #handleLine(line: string): void {
    this.#log.write(`${line}\n`);
    this.#lastWords.push(line);
    if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
    const url = READY.exec(line)?.[1];
    if (url) this.#ready.resolve(url);
  }

  #handleExit(how: string): void {
    this.#ready.reject(DemoError.serviceDied(how, this.#lastWords.join('\n')));
  }
}
