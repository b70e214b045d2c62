/**
 * Networks of a test's own: a machine each in a namespace, wires (veth) between them. They are gone when the test is, however it ends: a namespace
 * lives as long as the process that was started in it, and that one as long as its standard input.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const INSIDE = 'CALLREEL_NETWORK_TEST';
const NEEDED = ['unshare', 'nsenter', 'setpriv', 'ip', 'nft', 'sysctl'];
/** Everything that the networks here are made of. */
const TRIAL = [
  'ip link add one type veth peer name two',
  'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
  "nft 'table ip trial { chain nat { type nat hook prerouting priority dstnat; udp dport 9 dnat to 192.0.2.1; }; }'",
].join(' && ');

const isInstalled = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

/** Why there can be none here; undefined where there can. */
export const whyNoNamespaces = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = NEEDED.filter((tool) => !isInstalled(tool));
  if (missing.length > 0) return `${missing.join(', ')} is not installed`;
  const tried = spawnSync('unshare', ['--net', 'sh', '-c', TRIAL], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `network namespaces cannot be had here: ${tried.stderr.trim()}`;
};

/** Whether this process runs in a network of its own. */
export const isInOwnNetwork = process.env[INSIDE] === 'yes';

/** Runs a test file once more, in a network of its own; this process ends as that one does, and takes it along. */
export const runInOwnNetwork = async (fileUrl: string): Promise<never> => {
  const command = ['--pdeathsig', 'KILL', 'unshare', '--net', process.execPath, fileURLToPath(fileUrl)];
  const child = spawn('setpriv', command, { stdio: 'inherit', env: { ...process.env, [INSIDE]: 'yes' } });
  const [code] = await once(child, 'exit');
  process.exit(code ?? 1);
};

const run = (command: readonly string[], script: string): void => {
  const [program = 'sh', ...args] = [...command, 'sh', '-ec', script];
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stderr.trim()} (of ${script})`);
};

/** Runs commands in this process's own network. @throws Error with what the failing one said */
export const configure = (...commands: string[]): void => run([], commands.join('\n'));

export class Machine {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async start(): Promise<Machine> {
    const holder = spawn('unshare', ['--net', 'sh', '-ec', 'ip link set lo up; echo up; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    return new Machine(holder);
  }

  get pid(): number {
    return this.#holder.pid ?? 0;
  }

  /** What to put before a command that is to run on it. */
  get within(): string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`];
  }

  /** @throws Error with what the failing one said */
  configure(...commands: string[]): void {
    run(this.within, commands.join('\n'));
  }

  async stop(): Promise<void> {
    const exited = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await exited;
  }
}
