/** Janus's video room with recording, from Debian's package `janus`, run from a configuration of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { JanusClient } from './janus-client.ts';
import type { RecordingSubject } from './recording-subject.ts';

const JANUS = '/usr/bin/janus';
const LOG_SAYS_READY = 'HTTP webserver started';
const START_WITHIN_MS = 20_000;

export const janusIsInstalled = (): boolean => existsSync(JANUS);

/** Such as `Janus 1.1.2`. */
export const janusVersion = (): string => {
  const { stdout, stderr } = spawnSync(JANUS, ['--version'], { encoding: 'utf8' });
  return `Janus ${/\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? '(version unknown)'}`;
};

/** Every module of a folder but one: what is not used shall not cost. */
const othersThan = (folder: string, kept: string): string =>
  globSync(`/usr/lib/*/janus/${folder}/*.so`)
    .map((path) => basename(path))
    .filter((name) => name !== kept)
    .join(',');

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const CONFIGURATION = () => `general: { debug_level = 4, session_timeout = 0 }
plugins: { disable = "${othersThan('plugins', 'libjanus_videoroom.so')}" }
transports: { disable = "${othersThan('transports', 'libjanus_http.so')}" }
`;

const httpConfiguration = (port: number) => `general: {
  json = "compact", base_path = "/janus", http = true, port = ${port}, ip = "127.0.0.1", https = false
}
admin: { admin_http = false }
`;

const configure = async (folder: string, port: number): Promise<void> => {
  await mkdir(join(folder, 'recordings'));
  await writeFile(join(folder, 'janus.jcfg'), CONFIGURATION());
  await writeFile(join(folder, 'janus.transport.http.jcfg'), httpConfiguration(port));
  await writeFile(join(folder, 'janus.plugin.videoroom.jcfg'), 'general: { }\n');
};

const waitUntilReady = async (child: ChildProcess, logPath: string): Promise<void> => {
  const giveUp = AbortSignal.timeout(START_WITHIN_MS);
  for (;;) {
    const log = await readFile(logPath, 'utf8');
    if (log.includes(LOG_SAYS_READY)) return;
    if (giveUp.aborted || child.exitCode !== null) throw new Error(`Janus did not start:\n${log.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const sizeOfFilesIn = async (folder: string): Promise<number> => {
  const sizes = await Promise.all(globSync(join(folder, '*.mjr')).map((path) => stat(path)));
  return sizes.reduce((sum, { size }) => sum + size, 0);
};

export const startJanus = async (publishers: number): Promise<RecordingSubject> => {
  const folder = await mkdtemp(join(tmpdir(), 'callreel-bench-janus-'));
  const port = await freePort();
  await configure(folder, port);
  const logPath = join(folder, 'log');
  const log = openSync(logPath, 'w');
  const child = spawn(JANUS, ['-F', folder, '-C', join(folder, 'janus.jcfg')], { stdio: ['ignore', log, log] });
  const exited = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(child, logPath);
    const client = new JanusClient(`http://127.0.0.1:${port}/janus`);
    const recordings = join(folder, 'recordings');
    await client.createRoom(recordings, publishers);
    const finish = async (): Promise<number> => {
      await client.unpublishAll();
      return sizeOfFilesIn(recordings);
    };
    return { pid: child.pid ?? 0, publish: (offer) => client.publish(offer), finish, close };
  } catch (error) {
    await close();
    throw error;
  }
};
