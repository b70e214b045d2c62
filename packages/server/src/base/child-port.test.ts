import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ChildExit, ChildHost, type ChildPortOptions } from './child-port.ts';
import type { EchoRequest } from './fixtures/echo-child.ts';
import { createLogger } from './log.ts';

const pathOf = (module: string) => fileURLToPath(import.meta.resolve(module));

type EchoHost = { host: ChildHost<EchoRequest, unknown, unknown>; events: unknown[]; exit: Promise<ChildExit> };

const hosts: EchoHost[] = [];

const startEcho = (options: Partial<ChildPortOptions> = {}): EchoHost => {
  const events: unknown[] = [];
  const exit = Promise.withResolvers<ChildExit>();
  const host = new ChildHost<EchoRequest, unknown, unknown>({
    name: 'echo',
    modulePath: pathOf('./fixtures/echo-child.ts'),
    log: createLogger('silent'),
    ...options,
    onEvent: (event) => events.push(event),
    onExit: exit.resolve,
  });
  const started = { host, events, exit: exit.promise };
  hosts.push(started);
  return started;
};

afterEach(async () => {
  await Promise.all(hosts.splice(0).map(({ host }) => host.close(0)));
});

test('replies come to their requests, asked before the child is up too, and bytes cross as they are', async () => {
  const { host } = startEcho();
  const values = [new Uint8Array([0, 255]), new Map([['key', 2n]]), { at: new Date(5), list: [1, undefined] }, 'text'];
  const replies = await Promise.all(values.map((value) => host.request({ kind: 'echo', value })));
  assert.deepEqual(
    replies.map((reply) => (Buffer.isBuffer(reply) ? new Uint8Array(reply) : reply)),
    values,
  );
});

test('events come in order, before the reply that was sent after them', async () => {
  const { host, events } = startEcho();
  await Promise.all([1, 2, 3].map((value) => host.request({ kind: 'emit', value })));
  assert.deepEqual(events, [1, 2, 3]);
});

test('what the handler throws arrives with its name, reason and message, and the child lives on', async () => {
  const { host } = startEcho();
  await assert.rejects(host.request({ kind: 'throw', reason: 'diskFull' }), {
    name: 'ChildError',
    reason: 'failed',
    remote: { name: 'EchoError', reason: 'diskFull', message: 'asked to fail with diskFull' },
  });
  assert.equal(await host.request({ kind: 'echo', value: 1 }), 1);
});

test('what cannot be sent is refused on either side, and the child lives on', async () => {
  const { host } = startEcho();
  await assert.rejects(host.request({ kind: 'echo', value: () => {} }), TypeError);
  await assert.rejects(host.request({ kind: 'unsendable' }), { reason: 'failed' });
  assert.equal(await host.request({ kind: 'echo', value: 1 }), 1);
  await host.close(60_000);
});

test('a crash rejects all that is pending, and all that comes after', async () => {
  const { host, exit } = startEcho();
  const pending = [1, 2].map(() => assert.rejects(host.request({ kind: 'silence' }), { reason: 'crashed' }));
  const crash = assert.rejects(host.request({ kind: 'crash' }), { reason: 'crashed' });
  await Promise.all([...pending, crash]);
  assert.deepEqual(await exit, { code: null, signal: 'SIGABRT' });
  await assert.rejects(host.request({ kind: 'echo', value: 1 }), { reason: 'crashed' });
});

test('a module that is not there is a crash', async () => {
  const { host, exit } = startEcho({ modulePath: '/nonexistent.ts' });
  await assert.rejects(host.request({ kind: 'silence' }), { reason: 'crashed' });
  assert.equal((await exit).code, 1);
});

test('close lets the child finish: its last replies arrive', async () => {
  const { host, exit } = startEcho();
  const last = host.request({ kind: 'answerWhenClosed' });
  await Promise.all([host.close(60_000), host.close(60_000)]);
  assert.equal(await last, 'closed');
  assert.deepEqual(await exit, { code: 0, signal: null });
  await assert.rejects(host.request({ kind: 'echo', value: 1 }), { reason: 'closed' });
});

test('close kills a child that is stuck, and rejects what is pending', async () => {
  const { host, exit } = startEcho();
  await host.request({ kind: 'echo', value: 'up' });
  const stuck = assert.rejects(host.request({ kind: 'block' }), { reason: 'closed' });
  await host.close(50);
  await stuck;
  assert.deepEqual(await exit, { code: null, signal: 'SIGKILL' });
});

test('Ctrl-C does not end the child: the parent does', async () => {
  const { host } = startEcho();
  await host.request({ kind: 'echo', value: 'up' });
  process.kill(host.pid ?? 0, 'SIGINT');
  process.kill(host.pid ?? 0, 'SIGTERM');
  assert.equal(await host.request({ kind: 'echo', value: 1 }), 1);
});

test('the child gets none of our settings and secrets, and what is added for it', async () => {
  process.env.CALLREEL_BOOTSTRAP = 'secret';
  process.env.DATABASE_URL = 'secret';
  const { host } = startEcho({ env: { ADDED: 'yes' } });
  delete process.env.CALLREEL_BOOTSTRAP;
  delete process.env.DATABASE_URL;
  const environment = (await host.request({ kind: 'environment' })) as Record<string, string>;
  assert.equal(environment.ADDED, 'yes');
  assert.equal(environment.PATH, process.env.PATH);
  assert.equal(JSON.stringify(environment).includes('secret'), false);
});

const LEAST_PRIORITY = 19;

/** Threads end; those that are read of were there when the folder was. */
const readUnlessGone = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

test('niceness is that of every thread', { skip: process.platform !== 'linux' }, async () => {
  const { host } = startEcho({ niceness: 7 });
  await host.request({ kind: 'echo', value: 'up' });
  const tasks = `/proc/${host.pid}/task`;
  const niceness = readdirSync(tasks).flatMap((task) => {
    const stat = readUnlessGone(`${tasks}/${task}/stat`);
    if (stat === undefined) return [];
    // Field 19 of proc(5), counted past the program's name, which may hold spaces.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
  assert.ok(niceness.length > 1);
  // `nice` adds to what the tests themselves run under.
  assert.deepEqual([...new Set(niceness)], [Math.min(LEAST_PRIORITY, getPriority() + 7)]);
});

test('the child ends when its parent is killed', { skip: process.platform !== 'linux' }, async () => {
  const parent = spawn(process.execPath, [pathOf('./fixtures/echo-parent.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const childPid = Number(line);
  assert.ok(childPid > 1);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  // The child inherited the pipe: it closes when the child is gone too.
  parent.stdout.resume();
  if (!parent.stdout.readableEnded) await once(parent.stdout, 'end');
});
