/** Where Chromium is, for the browser tests: found, installed by the system's package manager, or named as missing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const INSTALL_LIMIT_MS = 10 * 60_000;

export type Chromium = { path: string } | { missing: string };

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const onPath = (names: readonly string[]): string | undefined => {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
};

/** Debian and Ubuntu, as root. Ubuntu's package of that name is a snap, which a container cannot run: what counts is what is there after. */
const installChromium = (): void => {
  if (process.getuid?.() !== 0 || onPath(['apt-get']) === undefined) return;
  console.log('Chromium is not here: installing it with apt-get, for the browser tests.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_LIMIT_MS });
  }
};

const missing = (why: string): Chromium => {
  const line = `${why}: the browser tests are skipped. Install Chromium, or name one in CALLREEL_TEST_CHROMIUM.`;
  if (process.env.CI) throw new Error(`${line} With CI set they must run.`);
  return { missing: line };
};

/** Looks, then installs where it may. Throws where CI is set and there is none. */
export const provideChromium = (): Chromium => {
  const named = process.env.CALLREEL_TEST_CHROMIUM;
  if (named !== undefined) return isExecutable(named) ? { path: named } : missing(`${named} cannot be run`);
  const found = onPath(NAMES);
  if (found !== undefined) return { path: found };
  installChromium();
  const installed = onPath(NAMES);
  return installed === undefined ? missing('No Chromium was found') : { path: installed };
};
