/** A headless Chromium with a fake camera, microphone and screen. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { provideChromium } from './chromium.ts';

const FLAGS = [
  // A moving picture with a running time and a beep each second, at 30 frames a second instead of 20.
  '--use-fake-device-for-media-stream=fps=30',
  // Says yes to camera, microphone and screen by itself.
  '--use-fake-ui-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // Without these it looks up hosts of its maker at every start.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const found = provideChromium();

if ('missing' in found) console.log(found.missing);

/** For `test(name, { skip }, …)`: false where there is a Chromium. */
export const skip: string | false = 'missing' in found ? 'no Chromium' : false;

export type TestBrowser = {
  newPage(): Promise<Page>;
  /** What pages complained of so far: uncaught errors, and errors in their console. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
};

export type BrowserOptions = {
  locale?: string;
  /** What to put before its command: for a browser on another machine. */
  within?: readonly string[];
  /** Gets camera and microphone, though it is plain HTTP from elsewhere. */
  trustedOrigin?: string;
};

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Playwright starts one file: where there is more to say, that is a script. */
const executable = async (path: string, within: readonly string[], folder: string): Promise<string> => {
  if (within.length === 0) return path;
  const script = join(folder, 'chromium.sh');
  await writeFile(script, `#!/bin/sh\nexec ${[...within, path].map(quoted).join(' ')} "$@"\n`, { mode: 0o755 });
  return script;
};

type Launch = { executablePath: string; userDataDir: string; locale: string; flags: readonly string[] };

const launch = ({ executablePath, userDataDir, locale, flags }: Launch): Promise<BrowserContext> =>
  chromium.launchPersistentContext(userDataDir, {
    executablePath,
    headless: true,
    locale,
    viewport: { width: 1280, height: 800 },
    permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write'],
    args: [...FLAGS, ...flags],
  });

/** Starts a browser with a new, empty profile, which is removed when it closes. */
export const openBrowser = async (options: BrowserOptions = {}): Promise<TestBrowser> => {
  const { locale = 'en-US', within = [], trustedOrigin } = options;
  if ('missing' in found) throw new Error(found.missing);
  const userDataDir = await mkdtemp(join(tmpdir(), 'callreel-chromium-'));
  const removeProfile = () => rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  const flags = trustedOrigin === undefined ? [] : [`--unsafely-treat-insecure-origin-as-secure=${trustedOrigin}`];
  const executablePath = await executable(found.path, within, userDataDir);
  const context = await launch({ executablePath, userDataDir, locale, flags }).catch(async (error: unknown) => {
    await removeProfile();
    throw error;
  });
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return {
    complaints,
    newPage: () => context.newPage(),
    close: async () => {
      await context.close();
      await removeProfile();
    },
  };
};
