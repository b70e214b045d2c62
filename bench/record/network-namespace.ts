/**
 * Janus takes no candidates on a loopback interface, so both subjects are measured in a network namespace of the benchmark's own, on one
 * end of a veth pair (192.0.2.0/24, RFC 5737). Nothing leaves it. Making one needs root.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const NAMESPACE_ADDRESS = '192.0.2.10';
const MARK = '--in-namespace';

const SETUP = [
  'ip link set lo up',
  'ip link add bench0 type veth peer name bench1',
  `ip addr add ${NAMESPACE_ADDRESS}/24 dev bench0`,
  'ip link set bench0 up',
  'ip link set bench1 up',
].join(' && ');

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export const isInNamespace = (options: readonly string[]): boolean => options.includes(MARK);

/** Why there can be none here; undefined where there can. */
export const whyNoNamespace = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'a network namespace needs root';
  const missing = ['unshare', 'ip'].find(
    (tool) => !['/usr/bin', '/usr/sbin', '/sbin'].some((at) => existsSync(`${at}/${tool}`)),
  );
  if (missing !== undefined) return `${missing} is not installed`;
  const tried = spawnSync('unshare', ['--net', 'sh', '-c', SETUP], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `a network namespace cannot be made here: ${tried.stderr.trim()}`;
};

/** Runs the same benchmark once more, inside; gives its exit code. */
export const runInNamespace = (name: string, options: readonly string[]): number => {
  const runner = fileURLToPath(new URL('../run.ts', import.meta.url));
  const command = [process.execPath, runner, name, MARK, ...options].map(quoted).join(' ');
  return spawnSync('unshare', ['--net', 'sh', '-c', `${SETUP} && exec ${command}`], { stdio: 'inherit' }).status ?? 1;
};
