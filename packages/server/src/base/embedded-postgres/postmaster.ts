/** One run of the PostgreSQL server: a child process from its start to its exit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { childEnvironment } from '../config.ts';
import type { Logger } from '../log.ts';
import type { ClusterOptions } from './cluster.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { clusterArgument } from './run-as.ts';

const READY = 'database system is ready to accept connections';
const KEPT_LINES = 30;
/** Fast shutdown writes what is in memory to the disk; past these limits it is made to stop. */
const FAST_LIMIT_MS = 30_000;
const IMMEDIATE_LIMIT_MS = 10_000;

const settings = (durable: boolean): string[] => {
  const values = {
    listen_addresses: '',
    // Relative to the cluster's folder, which is of mode 0700; a path is limited to 107 bytes, and this one is always short.
    unix_socket_directories: '.',
    unix_socket_permissions: '0700',
    // To our log come the server's own messages, not clients' errors and their statements.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_line_prefix: '',
    log_checkpoints: 'off',
    lc_messages: 'C',
    timezone: 'UTC',
    // Commits still reach the system, and outlive this process if not the machine.
    ...(!durable && { fsync: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
};

export class Postmaster {
  readonly #child: ChildProcess;
  readonly #log: Logger;
  readonly #lastLines: string[] = [];
  readonly #ready = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<string>();
  /** Should this process end without stopping it. */
  readonly #stopAtExit = (): void => {
    this.#child.kill('SIGINT');
  };

  private constructor(options: ClusterOptions, log: Logger) {
    this.#log = log;
    this.#child = spawn(
      join(options.binaries.directory, 'bin', 'postgres'),
      ['-D', clusterArgument(options.clusterDir, options.runAs), ...settings(options.durable)],
      {
        ...options.runAs,
        cwd: options.clusterDir,
        env: childEnvironment({ LC_ALL: 'C' }),
        stdio: ['ignore', 'ignore', 'pipe'],
        // A process group of its own: Ctrl-C must not stop it under the service that is still closing.
        detached: true,
      },
    );
    this.#listen();
  }

  /** Resolves when it takes connections, which after a crash is when its log is replayed. Throws an EmbeddedPostgresError. */
  static async start(options: ClusterOptions, log: Logger): Promise<Postmaster> {
    const postmaster = new Postmaster(options, log);
    await postmaster.#ready.promise;
    return postmaster;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when it is gone, for whatever reason, with how it went. */
  get exited(): Promise<string> {
    return this.#exited.promise;
  }

  async stop(): Promise<void> {
    const timers = [
      setTimeout(() => this.#child.kill('SIGQUIT'), FAST_LIMIT_MS),
      setTimeout(() => this.#child.kill('SIGKILL'), FAST_LIMIT_MS + IMMEDIATE_LIMIT_MS),
    ];
    this.#child.kill('SIGINT');
    await this.#exited.promise;
    for (const timer of timers) clearTimeout(timer);
  }

  #listen(): void {
    process.once('exit', this.#stopAtExit);
    this.#child.on('error', (error) => this.#handleExit(error.message));
    this.#child.on('exit', (code, signal) => this.#handleExit(`exited with ${signal ?? `code ${code}`}`));
    if (this.#child.stderr === null) return;
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#handleLine(line));
  }

  #handleLine(line: string): void {
    if (line.includes(READY)) this.#ready.resolve();
    this.#lastLines.push(line);
    if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
    if (line.startsWith('PANIC:')) this.#log.error({ line }, 'postgres');
    else if (/^(FATAL|WARNING):/.test(line)) this.#log.warn({ line }, 'postgres');
    else this.#log.debug({ line }, 'postgres');
  }

  #handleExit(how: string): void {
    process.off('exit', this.#stopAtExit);
    this.#exited.resolve(how);
    this.#ready.reject(EmbeddedPostgresError.startFailed([...this.#lastLines, how].join('\n')));
  }
}
