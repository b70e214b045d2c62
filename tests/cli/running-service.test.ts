/** Commands beside a running service, and after it has stopped: what they do is seen through the service's own interface. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Service } from '@callreel/synthetic/service.ts';
import { type CommandResult, callreel } from '../support/callreel.ts';
import { Cleanups } from '../support/cleanups.ts';

const cleanups = new Cleanups();
let dataDir: string;
let settings: Record<string, string>;
let service: Service;

const freeUdpPort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
};

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'callreel-cli-'));
  cleanups.add(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  const rtcPort = String(await freeUdpPort());
  service = await Service.start({ dataDir, settings: { CALLREEL_RTC_PORT: rtcPort } });
  cleanups.add(() => service.stop());
  settings = { CALLREEL_DATA_DIR: dataDir, CALLREEL_RTC_PORT: rtcPort, CALLREEL_PORT: new URL(service.url).port };
});

after(() => cleanups.run());

const run = (words: string, input?: string): Promise<CommandResult> =>
  callreel(words.split(' '), { settings, ...(input !== undefined && { input }) });

/** What a command printed as JSON. Fails where it did not succeed. */
const runJson = async <Result>(words: string, input?: string): Promise<Result> => {
  const { code, stdout, stderr } = await run(`${words} --json`, input);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Result;
};

const post = async (path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(service.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const signIn = (app: string, clientId: string, clientSecret: string) =>
  post(`/${app}/token`, { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });

/** The status of a call that wants an app's token. */
const retrieve = async (app: string, token: string): Promise<number> => {
  const response = await fetch(`${service.url}/${app}/audio/IM_X1C1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.body?.cancel();
  return response.status;
};

type Credentials = { clientId: string; clientSecret: string };

test('an app that is made signs in; its rotated secret replaces the old one', async () => {
  const made = await runJson<Credentials>('app create acme/made --retention-days 7');
  assert.equal((await signIn('acme/made', made.clientId, made.clientSecret)).status, 200);
  const rotated = await runJson<Credentials>('app rotate-secret acme/made');
  assert.equal(rotated.clientId, made.clientId);
  assert.equal((await signIn('acme/made', made.clientId, made.clientSecret)).status, 400);
  assert.equal((await signIn('acme/made', made.clientId, rotated.clientSecret)).status, 200);
});

test('an app from another service keeps its credentials', async () => {
  const { code, stdout } = await run('app create acme#moved --client-id YXA6moved --secret-stdin', 'its own secret\n');
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /its own secret/);
  assert.equal((await signIn('acme/moved', 'YXA6moved', 'its own secret')).status, 200);
});

test('users of an app create conferences until that is forbidden', async () => {
  await runJson('user create acme/made eve --generate-password');
  const { token } = await runJson<{ token: string }>('token acme/made --user eve');
  const create = async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${service.url}/v1/acme/made/conferences`, { method: 'POST', headers, body: '{}' });
    await response.body?.cancel();
    return response.status;
  };
  assert.notEqual(await create(), 403);
  assert.deepEqual(await runJson('app set-users-create acme/made no'), { app: 'acme/made', usersMayCreate: false });
  assert.equal(await create(), 403);
});

test('an app that exists already, in whatever case, and one that does not exist', async () => {
  const again = await run('app create ACME/Calls --json');
  assert.equal(again.code, 4);
  assert.deepEqual(JSON.parse(again.stderr), {
    error: { reason: 'exists', message: 'the app ACME/Calls exists already' },
  });
  for (const words of ['app rotate-secret', 'token']) assert.equal((await run(`${words} acme/nowhere`)).code, 3);
});

test('a token is good for as long as it was asked for', async () => {
  const { stdout } = await run('token acme/calls --ttl 3600');
  assert.match(stdout, /^YWMt[\w-]{43}\n$/);
  assert.equal(await retrieve('acme/calls', stdout.trim()), 200);
  const { expiresAt } = await runJson<{ expiresAt: string }>('token acme/calls --ttl 3600');
  const leftMs = Date.parse(expiresAt) - Date.now();
  assert.ok(leftMs > 3_000_000 && leftMs <= 3_600_000);
  assert.equal((await runJson<{ expiresAt: null }>('token acme/calls --ttl 0')).expiresAt, null);
});

test('a user: made, signed in, given a token, deleted', async () => {
  assert.equal((await run('user create acme/calls Ann', 'her pass word\n')).code, 0);
  assert.equal((await run('user create acme/calls ann --generate-password')).code, 4);
  const grant = { grant_type: 'password', username: 'ann', password: 'her pass word' };
  assert.equal((await post('/acme/calls/token', grant)).status, 200);
  const { token } = await runJson<{ token: string }>('token acme/calls --user ann');
  assert.equal(await retrieve('acme/calls', token), 403);
  assert.equal((await run('user delete acme/calls ann')).code, 0);
  assert.equal(await retrieve('acme/calls', token), 401);
  assert.equal((await post('/acme/calls/token', grant)).status, 400);
  for (const words of ['user delete acme/calls ann', 'token acme/calls --user ann'])
    assert.equal((await run(words)).code, 3);
});

test('a password that is made, and one that does not come', async () => {
  const { password } = await runJson<{ password: string }>('user create acme/calls bob --generate-password');
  const grant = { grant_type: 'password', username: 'bob', password };
  assert.equal((await post('/acme/calls/token', grant)).status, 200);
  const { code, stderr } = await run('user create acme/calls carl', '');
  assert.equal(code, 2);
  assert.match(stderr, /password: wanted on standard input/);
});

test('the key that links are signed with is changed; the one before stays good, and no older one', async () => {
  const { keyId, previousKeyId } = await runJson<{ keyId: string; previousKeyId: string }>('links rotate-key');
  assert.notEqual(keyId, previousKeyId);
  const again = await run('links rotate-key');
  assert.match(again.stdout, new RegExp(`those signed with ${keyId} stay good[^]*older key are refused`, 'i'));
});

type Report = { problems: number; findings: { check: string; level: string; text: string }[] };

test('the doctor finds the service and its ports in order', async () => {
  const { problems, findings } = await runJson<Report>('doctor');
  assert.equal(problems, 0, JSON.stringify(findings));
  const textOf = (check: string) => findings.find((finding) => finding.check === check)?.text ?? '';
  if (process.platform !== 'linux') return;
  assert.match(textOf('http'), new RegExp(`is the running service's \\(process ${service.pid}\\)`));
  assert.match(textOf('media'), /is the running service's/);
  assert.match(findings.map(({ text }) => text).join('\n'), /the embedded PostgreSQL [\d.]+ answers/);
});

test('migrations are run already, beside the service', async () => {
  assert.deepEqual(await runJson('migrate'), { ran: [] });
});

test('the log begins with the settings, without secrets', () => {
  const first = service.output.split('\n')[0] ?? '';
  const { settings: logged, level } = JSON.parse(first) as { level: string; settings: Record<string, unknown> };
  assert.equal(level, 'info');
  assert.equal(logged.dataDir, dataDir);
  assert.deepEqual(logged.bootstrap, { org: 'acme', app: 'calls', clientId: 'acme-id', clientSecret: '***' });
  assert.doesNotMatch(service.output, /acme-secret/);
});

test('when the service has stopped, commands start the database for themselves, one after the other', async () => {
  await service.stop();
  const lists = await Promise.all([1, 2, 3].map(() => runJson<{ app: string; retentionDays: number }[]>('app list')));
  for (const list of lists) {
    assert.deepEqual(
      list.map(({ app, retentionDays }) => [app, retentionDays]),
      [
        ['acme/calls', 30],
        ['acme/made', 7],
        ['acme/moved', 30],
      ],
    );
  }
  // Another program may have taken a port by now, which would be the doctor's to tell.
  const { findings } = JSON.parse((await run('doctor --json')).stdout) as Report;
  const ofDatabase = findings.filter(({ check }) => check === 'database');
  assert.ok(ofDatabase.length > 1 && ofDatabase.every(({ level }) => level === 'ok'), JSON.stringify(ofDatabase));
});

test('a service that starts while a command has the database waits for it', async () => {
  const listing = run('app list');
  service = await Service.start({ dataDir });
  assert.equal((await listing).code, 0);
  assert.equal(await retrieve('acme/calls', (await run('token acme/calls')).stdout.trim()), 200);
});
