/** Programs of other makers that tests publish with: found, installed by the system's package manager, or named as missing. */
import { spawnSync } from 'node:child_process';

const INSTALL_LIMIT_MS = 10 * 60_000;

const succeeds = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const install = (packages: readonly string[]): void => {
  console.log(`${packages[0]} is not here: installing it with apt-get, for the tests of other senders.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_LIMIT_MS });
  }
};

/**
 * For `test(name, { skip }, …)`: false where `probe` succeeds, as it does after Debian's `packages` are installed; else the word why not.
 * What such a sender sends is also kept as captured packets, so a machine without it still tests most.
 */
export const skipUnless = (probe: readonly [string, ...string[]], packages: readonly string[]): string | false => {
  const [command, ...args] = probe;
  if (succeeds(command, args)) return false;
  if (process.getuid?.() === 0 && succeeds('apt-get', ['--version'])) install(packages);
  if (succeeds(command, args)) return false;
  const why = `no ${command}: install ${packages.join(' ')}`;
  console.log(`${why}. The tests that publish with it are skipped.`);
  return why;
};
