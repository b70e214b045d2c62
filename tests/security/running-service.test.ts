import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Service } from '@callreel/synthetic/service.ts';

const skip = process.platform === 'linux' ? false : '/proc is read';
const SECRET = 'a-secret-that-nothing-else-is';
const FOLDERS = ['spool', 'recordings', 'postgres'];

let dataDir: string;
let service: Service | undefined;

before(async () => {
  if (skip) return;
  dataDir = await mkdtemp(join(tmpdir(), 'callreel-private-'));
  // As after a backup that was restored without its modes.
  for (const name of ['spool', 'recordings']) {
    await mkdir(join(dataDir, name));
    await chmod(join(dataDir, name), 0o755);
  }
  await chmod(dataDir, 0o755);
  const settings = { CALLREEL_BOOTSTRAP: `acme/calls:id:${SECRET}`, CALLREEL_LOG_LEVEL: 'debug' };
  service = await Service.start({ dataDir, settings });
});
after(async () => {
  await service?.stop();
  if (dataDir) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const running = (): Service => {
  assert.ok(service);
  return service;
};

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

/** A process that ends while it is looked at has nothing to show. */
const ifThere = <Value>(promise: Promise<Value>, otherwise: Value): Promise<Value> => promise.catch(() => otherwise);

const parentOf = async (pid: string): Promise<string> => {
  const line = await ifThere(readFile(`/proc/${pid}/stat`, 'utf8'), '');
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[1] ?? '';
};

/** Every process below this one. */
const descendants = async (root: number): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = new Map(await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const)));
  const below = (pid: string): string[] => {
    const children = pids.filter((each) => parents.get(each) === pid);
    return [...children, ...children.flatMap(below)];
  };
  return below(String(root));
};

const socketsOf = async (pid: string): Promise<string[]> => {
  const handles = await ifThere(readdir(`/proc/${pid}/fd`), []);
  const targets = await Promise.all(handles.map((handle) => ifThere(readlink(`/proc/${pid}/fd/${handle}`), '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
};

const LISTENING = '0A';

const listeningTcp = async (): Promise<Map<string, number>> => {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => ifThere(readFile(`/proc/net/${name}`, 'utf8'), '')));
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((line) => line.trim().split(/\s+/));
  const listening = rows.filter(([, , , state]) => state === LISTENING);
  return new Map(
    listening.map(([, local = '', , , , , , , , inode = '']) => [
      inode,
      Number.parseInt(local.split(':')[1] ?? '', 16),
    ]),
  );
};

test('what the service keeps is for its user alone, whatever the folders were before', { skip }, async () => {
  for (const name of FOLDERS) assert.equal(await modeOf(join(dataDir, name)), '700', name);
  assert.match(running().output, /the data folder is open to others/);
});

test('nothing listens on TCP but the interface', { skip }, async () => {
  const listening = await listeningTcp();
  const pids = [String(running().pid), ...(await descendants(running().pid))];
  const sockets = new Set((await Promise.all(pids.map(socketsOf))).flat());
  const ports = [...listening].filter(([inode]) => sockets.has(inode)).map(([, port]) => port);
  assert.deepEqual([...new Set(ports)], [Number(new URL(running().url).port)]);
});

test('no child has a secret in its environment, and no process in its arguments', { skip }, async () => {
  const children = await descendants(running().pid);
  assert.ok(children.length >= 3, 'media, compositor and database');
  for (const pid of children) {
    const environment = await ifThere(readFile(`/proc/${pid}/environ`, 'utf8'), '');
    assert.doesNotMatch(environment, /CALLREEL_|DATABASE_URL/, `process ${pid}`);
  }
  for (const pid of [String(running().pid), ...children]) {
    assert.ok(!(await ifThere(readFile(`/proc/${pid}/cmdline`, 'utf8'), '')).includes(SECRET), `process ${pid}`);
  }
});

test('no secret is in the log, at its most talkative', { skip }, () => {
  assert.ok(running().output.length > 0);
  assert.ok(!running().output.includes(SECRET));
});
