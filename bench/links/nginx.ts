/** A plain nginx that serves a folder: one worker, sendfile, nothing else. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Of the process that serves. */
export type Nginx = { url: string; pid: number; close: () => Promise<void> };

/** Undefined where it is not installed. */
export const nginxVersion = (): string | undefined => {
  const { stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return /nginx\/[\d.]+/.exec(stderr ?? '')?.[0].replace('/', ' ');
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const configurationOf = (folder: string, root: string, port: number): string => `
${userInfo().uid === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  default_type application/octet-stream;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server { listen 127.0.0.1:${port}; root ${root}; }
}`;

const workerOf = async (master: ChildProcess): Promise<number> => {
  const path = `/proc/${master.pid}/task/${master.pid}/children`;
  for (let tries = 0; tries < 100; tries += 1) {
    const worker = Number(readFileSync(path, 'utf8').trim().split(' ')[0]);
    if (worker > 0) return worker;
    await delay(50);
  }
  throw new Error('nginx started no worker');
};

export const startNginx = async (root: string): Promise<Nginx> => {
  const folder = await mkdtemp(join(tmpdir(), 'callreel-nginx-'));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configurationOf(folder, root, port));
  const master = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise((resolve) => master.once('exit', resolve));
  const close = async (): Promise<void> => {
    master.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}`, pid: await workerOf(master), close };
};
