/** A headless Firefox ESR with a fake camera and microphone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BidiSession } from './bidi-session.ts';
import { skipUnless } from './installed.ts';

const PREFERENCES = {
  // A picture that changes colour and a steady tone, without asking.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  // Without these it calls its maker at every start.
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'media.gmp-manager.updateEnabled': false,
  'media.gmp-manager.url': 'data:text/plain,',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};
const READY = /WebDriver BiDi listening on (ws:\S+)/;

export const skip = skipUnless(['firefox-esr', '--version'], ['firefox-esr']);

export type Firefox = Pick<BidiSession, 'goto' | 'evaluate'> & { close(): Promise<void> };

const preferencesFile = Object.entries(PREFERENCES)
  .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`)
  .join('\n');

const saidReady = async (stream: NodeJS.ReadableStream): Promise<string> => {
  let output = '';
  for await (const text of stream) {
    output += String(text);
    const address = READY.exec(output)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`Firefox ended: ${output}`);
};

/** Starts it with a new, empty profile, which is removed when it closes. */
export const openFirefox = async (): Promise<Firefox> => {
  const profile = await mkdtemp(join(tmpdir(), 'callreel-firefox-'));
  await writeFile(join(profile, 'user.js'), preferencesFile);
  const args = ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile, 'about:blank'];
  const child = spawn('firefox-esr', args, {
    env: { ...process.env, HOME: profile },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const session = await BidiSession.open(await saidReady(child.stderr));
    const close = async (): Promise<void> => {
      session.close();
      await end();
    };
    return { goto: (url) => session.goto(url), evaluate: (run, argument) => session.evaluate(run, argument), close };
  } catch (error) {
    await end();
    throw error;
  }
};
