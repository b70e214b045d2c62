import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { NewRecording } from '@callreel/server/store/rows.ts';
import { Links } from '@callreel/server/web/links.ts';
import { type Answer, type Call, type TestApp, WebFixture } from './web-fixture.ts';

/** Larger than the buffers of a socket and a stream together. */
const content = randomBytes(6 * 1024 * 1024);

let fixture: WebFixture;
let app: TestApp;
let link: string;
let listed: NewRecording;

const add = async (
  bytes: Uint8Array,
  given: Partial<NewRecording> = {},
): Promise<{ url: string; recording: NewRecording }> => {
  const recording = await fixture.addRecording(app, bytes, given);
  const answer = await fixture.call(`/${app.org}/${app.name}/audio/${recording.confrId}`, { token: app.token });
  const view = answer.json<RecordingView[]>().find(({ id }) => id === recording.id);
  assert.ok(view);
  return { url: view.url, recording };
};

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
  ({ url: link, recording: listed } = await add(content));
});
after(() => fixture?.stop());

type Bytes = { status: number; headers: Headers; bytes: Buffer };

const read = async (url: string, headers: Record<string, string> = {}): Promise<Bytes> => {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
};

const refused = async (url: string, call: Call, status: number, error: string): Promise<Answer> => {
  const answer = await fixture.call(url, call);
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json().error, error);
  return answer;
};

test('the link gives the file, byte for byte, by itself', async () => {
  const { status, headers, bytes } = await read(link);
  assert.equal(status, 200);
  assert.ok(bytes.equals(content));
  const name = `user1-${listed.recordingKey}.webm`;
  const expected = {
    'accept-ranges': 'bytes',
    'content-disposition': `inline; filename="${name}"`,
    'content-length': String(content.length),
    'content-security-policy': 'sandbox',
    'content-type': 'video/webm',
    'cross-origin-resource-policy': 'cross-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, name);
  assert.match(headers.get('etag') ?? '', /^"[\w-]+"$/);
  assert.ok(Math.abs(Date.parse(headers.get('last-modified') ?? '') - Date.now()) < 60_000);
  assert.equal(headers.get('repr-digest'), null);
  assert.ok(headers.get('x-request-id'));
});

test('the same link at every listing', async () => {
  const answer = await fixture.call(`/${app.org}/${app.name}/audio/${listed.confrId}`, { token: app.token });
  assert.equal(answer.json<RecordingView[]>()[0]?.url, link);
});

test('HEAD says what GET would give, and takes no range', async () => {
  const answer = await fixture.call(link, { method: 'HEAD', headers: { range: 'bytes=0-9' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.text, '');
  assert.equal(answer.headers.get('content-length'), String(content.length));
  assert.equal(answer.headers.get('content-type'), 'video/webm');
});

test('saved and not shown, if so asked', async () => {
  const { headers } = await read(`${link}&download=1`, { range: 'bytes=0-0' });
  assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="user1-/);
  assert.match(
    (await read(`${link}&download=0`, { range: 'bytes=0-0' })).headers.get('content-disposition') ?? '',
    /^inline;/,
  );
});

test('any single range, byte for byte', async () => {
  const last = content.length - 1;
  const ranges: [string, number, number][] = [
    ['bytes=0-0', 0, 0],
    ['bytes=0-', 0, last],
    [`bytes=${last}-`, last, last],
    ['bytes=-1', last, last],
    ['bytes=-70000', content.length - 70_000, last],
    ['bytes=65535-131073', 65_535, 131_073],
    [`bytes=1000000-${content.length + 5}`, 1_000_000, last],
    [`bytes=-${content.length * 2}`, 0, last],
  ];
  for (const [range, start, end] of ranges) {
    const { status, headers, bytes } = await read(link, { range });
    assert.equal(status, 206, range);
    assert.equal(headers.get('content-range'), `bytes ${start}-${end}/${content.length}`);
    assert.equal(headers.get('content-length'), String(end - start + 1));
    assert.ok(bytes.equals(content.subarray(start, end + 1)), range);
  }
});

test('a range after the end is 416, and says where the end is', async () => {
  for (const range of [`bytes=${content.length}-`, 'bytes=-0']) {
    const answer = await refused(link, { headers: { range } }, 416, 'range_not_satisfiable');
    assert.equal(answer.headers.get('content-range'), `bytes */${content.length}`);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.equal(answer.headers.get('content-disposition'), null);
  }
});

test('several ranges, or a malformed one, give the whole', async () => {
  for (const range of ['bytes=0-1,5-6', 'bytes=9-2', 'lines=1-2']) {
    const { status, bytes } = await read(link, { range });
    assert.equal(status, 200, range);
    assert.equal(bytes.length, content.length);
  }
});

test('a copy that is current is not sent again; a part of another file is not sent at all', async () => {
  const { headers } = await read(link, { range: 'bytes=0-0' });
  const [etag, modified] = [headers.get('etag') ?? '', headers.get('last-modified') ?? ''];
  assert.equal((await read(link, { 'if-none-match': etag })).status, 304);
  assert.equal((await read(link, { 'if-modified-since': modified })).status, 304);
  for (const [condition, status] of [
    [etag, 206],
    [modified, 206],
    ['"other"', 200],
    ['Thu, 01 Jan 2015 00:00:00 GMT', 200],
  ] as const) {
    assert.equal((await read(link, { range: 'bytes=0-0', 'if-range': condition })).status, status, condition);
  }
});

test('the hash is told where it is known, and the type goes by the container', async () => {
  const bytes = Buffer.from('merged');
  const sha256 = createHash('sha256').update(bytes).digest();
  const facts = { sha256: sha256.toString('hex') };
  const merged = await read((await add(bytes, { recordType: 'MERGE_ALL', container: 'mp4', facts })).url);
  assert.equal(merged.headers.get('repr-digest'), `sha-256=:${sha256.toString('base64')}:`);
  assert.equal(merged.headers.get('content-type'), 'video/mp4');
  assert.match(merged.headers.get('content-disposition') ?? '', /filename="merged-.*\.mp4"/);
  assert.equal(
    (await read((await add(bytes, { container: 'mkv' })).url)).headers.get('content-type'),
    'video/x-matroska',
  );
});

test('an empty file is one too', async () => {
  const { url } = await add(Buffer.alloc(0));
  const { status, bytes } = await read(url);
  assert.equal(status, 200);
  assert.equal(bytes.length, 0);
  await refused(url, { headers: { range: 'bytes=0-' } }, 416, 'range_not_satisfiable');
});

test('a link that was altered, or bears no signature, is 403, whether or not there is such a file', async () => {
  const alter = (name: string, value: string): string => {
    const url = new URL(link);
    url.searchParams.set(name, value);
    return url.href;
  };
  const path = new URL(link).pathname;
  const urls = [
    path,
    `${path}?Expires=1`,
    alter('Expires', '99999999999'),
    alter('KeyId', 'zz'),
    alter('Signature', 'x'.repeat(43)),
    `${link}&Expires=1`,
  ];
  const otherFile = link.replace(listed.recordingKey, '20190101000000-000000000000');
  for (const url of [...urls, otherFile, '/files/', '/files/a']) await refused(url, {}, 403, 'forbidden_op');
  assert.equal((await fixture.call('/files/x', { method: 'HEAD' })).status, 403);
});

test('a link whose time is over is 403, though it was ours', async () => {
  const sign = await new Links({ keys: fixture.store.linkKeys, baseUrl: () => fixture.url, nowMs: Date.now }).signer();
  assert.equal((await read(sign(listed.objectKey, new Date(Date.now() + 60_000)), { range: 'bytes=0-0' })).status, 206);
  const answer = await refused(sign(listed.objectKey, new Date(Date.now() - 2_000)), {}, 403, 'forbidden_op');
  assert.equal(answer.json().error_description, 'This link has expired');
});

test('a file that was removed is 410', async () => {
  const { url, recording } = await add(Buffer.from('soon gone'));
  await fixture.objects.remove(recording.objectKey);
  await refused(url, {}, 410, 'gone');
});

/** How many times this process has the file open. */
const openHandles = (path: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;

test('a client that stops reading holds the file back, and one that goes closes it', {
  skip: !existsSync('/proc/self/fd'),
}, async () => {
  const path = await fixture.objects.localPath(listed.objectKey);
  const sent = get(link);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await once(response, 'readable');
  assert.equal(openHandles(path), 1);
  assert.equal(response.complete, false);
  sent.destroy();
  while (openHandles(path) > 0) await nextTurn();
});

test('a link outlives one change of the key it was signed with, and no second one; the listing has a new one', async () => {
  const { url, recording } = await add(Buffer.from('signed anew'));
  const path = `/${app.org}/${app.name}/audio/${recording.confrId}`;
  const urlNow = async (): Promise<string> =>
    (await fixture.call(path, { token: app.token })).json<RecordingView[]>()[0]?.url ?? '';
  await fixture.store.linkKeys.rotate();
  assert.equal((await read(url)).status, 200);
  const next = await urlNow();
  assert.notEqual(next, url);
  assert.equal(await urlNow(), next);
  await fixture.store.linkKeys.rotate();
  await refused(url, {}, 403, 'forbidden_op');
  assert.equal((await read(next)).status, 200);
});
