/** A TURN server as the operations page sets it up: Debian's coturn, found, or installed by apt where it would not be started by that. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));
const EXAMPLE = /^```conf\n# \/etc\/turnserver\.conf\n(.*?)^```/ms;
const PACKAGES = { turnserver: 'coturn', nft: 'nftables' } as const;
const INSTALL_LIMIT_MS = 10 * 60_000;
const READY = 'DB connection success';

const isThere = (program: string): boolean =>
  ['/usr/bin', '/usr/sbin', '/usr/local/bin'].some((folder) => existsSync(join(folder, program)));

const missingPackages = (): string[] =>
  Object.entries(PACKAGES).flatMap(([program, name]) => (isThere(program) ? [] : [name]));

/** Why there is none; undefined where there is. */
export const provideCoturn = (): string | undefined => {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  const names = missing.join(' and ');
  if (process.getuid?.() !== 0 || !isThere('apt-get')) return `${names}: not installed`;
  // There, installing it would open a TURN server on this machine.
  if (existsSync('/run/systemd/system'))
    return `${names}: not installed (apt-get install, then systemctl disable --now coturn)`;
  console.log(`Installing ${names} with apt-get, for the network tests.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...missing]]) {
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_LIMIT_MS });
  }
  return missingPackages().length === 0 ? undefined : `${names}: could not be installed`;
};

export type CoturnOptions = {
  /** What to put before its command. */
  within: readonly string[];
  address: string;
  secret: string;
  /** Where callers' media goes, and nothing else. */
  serviceAddress: string;
};

/** The example of the operations page, with names and addresses of the test. */
const configuration = async (folder: string, { address, secret, serviceAddress }: CoturnOptions): Promise<string> => {
  const example = EXAMPLE.exec(await readFile(PAGE, 'utf8'))?.[1];
  if (example === undefined) throw new Error(`${PAGE} has no example of turnserver.conf`);
  const lines = example
    .split('\n')
    .filter((line) => !/^(cert|pkey|external-ip|tls-listening-port)=/.test(line))
    .map((line) => line.replace(/^static-auth-secret=.*/, `static-auth-secret=${secret}`))
    .map((line) => line.replace(/^allowed-peer-ip=203\.0\.113\.7$/, `allowed-peer-ip=${serviceAddress}`));
  const own = [
    `listening-ip=${address}`,
    'log-file=stdout',
    `pidfile=${join(folder, 'pid')}`,
    `userdb=${join(folder, 'db')}`,
  ];
  return [...lines, ...own, ''].join('\n');
};

export class Coturn {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  static async start(options: CoturnOptions): Promise<Coturn> {
    const folder = await mkdtemp(join(tmpdir(), 'callreel-coturn-'));
    const path = join(folder, 'turnserver.conf');
    await writeFile(path, await configuration(folder, options));
    const [program = '', ...args] = ['setpriv', '--pdeathsig', 'KILL', ...options.within, 'turnserver', '-c', path];
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const coturn = new Coturn(child, folder);
    await coturn.#ready();
    return coturn;
  }

  async #ready(): Promise<void> {
    let said = '';
    const ready = Promise.withResolvers<void>();
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text) => {
        said += text;
        if (said.includes(READY)) ready.resolve();
      });
    }
    this.#child.once('exit', () => ready.reject(new Error(`coturn ended: ${said}`)));
    await ready.promise;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
