/** Links that were altered, made up, made over or used beyond their file: nothing opens, and no file stays open. */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { NewRecording } from '@callreel/server/store/rows.ts';
import { Links, signLink } from '@callreel/server/web/links.ts';
import { type TestApp, WebFixture } from '../api/web-fixture.ts';
import { callRaw } from './raw-call.ts';
import { readTraces } from './traces.ts';

const content = randomBytes(100_000);

let fixture: WebFixture;
let app: TestApp;
let other: TestApp;
let link: URL;
let listed: NewRecording;
let foreign: NewRecording;

before(async () => {
  fixture = await WebFixture.start();
  [app, other] = [await fixture.createApp(), await fixture.createApp()];
  listed = await fixture.addRecording(app, content);
  foreign = await fixture.addRecording(other, Buffer.from("another app's"));
  const answer = await fixture.call(`/${app.org}/${app.name}/audio/${listed.confrId}`, { token: app.token });
  link = new URL(answer.json<RecordingView[]>()[0]?.url ?? '');
});
after(() => fixture?.stop());

const ask = (path: string, headers: readonly string[] = []) => callRaw(fixture, { path, headers });
const pathOf = (objectKey: string): string => `/files/${objectKey}`;

const withPart = (name: string, change: (value: string) => string): string => {
  const url = new URL(link);
  url.searchParams.set(name, change(url.searchParams.get(name) ?? ''));
  return url.pathname + url.search;
};

const signedBy = (key: Uint8Array, objectKey: string, expiresSeconds: number, keyId: string): string =>
  `${pathOf(objectKey)}?Expires=${expiresSeconds}&KeyId=${keyId}&Signature=${signLink(key, { objectKey, expiresSeconds })}`;

const forgeries = async (): Promise<Record<string, string>> => {
  const [path, query] = [link.pathname, link.search];
  const { id, key } = await fixture.store.linkKeys.current();
  const later = Math.floor(Date.now() / 1000) + 10 * 365 * 86_400;
  const expires = Number(link.searchParams.get('Expires'));
  const otherClass = ['write', `${app.org}/${app.name}`, listed.objectKey, expires].join('\n');
  const writing = createHmac('sha256', key).update(otherClass).digest('base64url');
  return {
    'no query': path,
    'an empty query': `${path}?`,
    'a later end': withPart('Expires', () => String(later)),
    'an end that is huge': withPart('Expires', () => '9'.repeat(400)),
    'an end that is negative': withPart('Expires', (value) => `-${value}`),
    'an end with a fraction': withPart('Expires', (value) => `${value}.0`),
    'an end in other digits': withPart('Expires', () => '１５５３３３５００９'),
    'an end with a zero in front': withPart('Expires', (value) => `0${value}`),
    'an end twice': `${path}${query}&Expires=${later}`,
    'another key': withPart('KeyId', () => 'zz'),
    'a key that climbs': withPart('KeyId', () => '../../x'),
    'a key of 5,000 characters': withPart('KeyId', () => 'a'.repeat(5000)),
    'a key of no name': withPart('KeyId', () => ''),
    'a key called __proto__': withPart('KeyId', () => '__proto__'),
    'no signature': withPart('Signature', () => ''),
    'a signature cut short': withPart('Signature', (value) => value.slice(0, -1)),
    'a longer signature': withPart('Signature', (value) => `${value}A`),
    'a signature with padding': withPart('Signature', (value) => `${value}=`),
    'a signature in the other alphabet': withPart('Signature', (value) => `${value.slice(0, -1)}+`),
    'a signature in other letters': withPart('Signature', (value) => value.toLowerCase()),
    'a signature as a list': `${path}?Expires=${expires}&KeyId=${id}&Signature[]=${link.searchParams.get('Signature')}`,
    'signed with a key that is not ours': signedBy(randomBytes(32), listed.objectKey, later, id),
    'signed with an empty key': signedBy(new Uint8Array(32), listed.objectKey, later, id),
    'signed for another class of method': `${path}?Expires=${expires}&KeyId=${id}&Signature=${writing}`,
    "another app's file with this signature": pathOf(foreign.objectKey) + query,
    'another name with this signature': path.replace(/\.webm$/, '.mp4') + query,
    'the folder of the file': path.slice(0, path.lastIndexOf('/')) + query,
    'a slash at its end': `${path}/${query}`,
    'a way around': path.replace('/files/', '/files/x/../') + query,
    'an encoded way around': path.replace('/files/', '/files/x%2f%2e%2e%2f') + query,
    'a NUL in the name': `${path}%00${query}`,
    'a name of 5,000 characters': `/files/${'a'.repeat(5000)}${query}`,
  };
};

const expectNothing = async (urls: Record<string, string>): Promise<void> => {
  const before = await readTraces(fixture);
  for (const [name, url] of Object.entries(urls)) {
    const answer = await ask(url);
    assert.equal(`${answer.status} ${answer.error}`, '403 forbidden_op', name);
    assert.ok(!answer.body.includes(listed.objectKey), name);
  }
  assert.deepEqual(await readTraces(fixture), before);
};

test('a link that is altered in any part, or signed by another, opens nothing', async () =>
  expectNothing(await forgeries()));

test('one of ours whose time is over opens nothing, also with a later time written in', async () => {
  const sign = await new Links({ keys: fixture.store.linkKeys, baseUrl: () => '', nowMs: Date.now }).signer();
  const expired = sign(listed.objectKey, new Date(Date.now() - 1000));
  await expectNothing({ expired, prolonged: expired.replace(/Expires=\d+/, 'Expires=9999999999') });
});

test('the same link encoded differently is the same link', async () => {
  const encoded = link.pathname.replace(/\./g, '%2e') + link.search;
  assert.equal((await ask(encoded, ['Range: bytes=0-0'])).status, 206);
});

type RangeRow = readonly [range: string, status: number, contentRange?: string];
const SIZE = content.length;
const MANY = Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join(',');

const RANGES: readonly RangeRow[] = [
  [`bytes=${SIZE}-`, 416, `bytes */${SIZE}`],
  [`bytes=${SIZE}-${SIZE + 1}`, 416, `bytes */${SIZE}`],
  [`bytes=${'9'.repeat(300)}-`, 416, `bytes */${SIZE}`],
  ['bytes=-0', 416, `bytes */${SIZE}`],
  [`bytes=0-${'9'.repeat(300)}`, 206, `bytes 0-${SIZE - 1}/${SIZE}`],
  [`bytes=-${'9'.repeat(300)}`, 206, `bytes 0-${SIZE - 1}/${SIZE}`],
  [`bytes=${SIZE - 1}-${SIZE}`, 206, `bytes ${SIZE - 1}-${SIZE - 1}/${SIZE}`],
  [`bytes=${MANY}`, 200],
  [`bytes=${'0-,'.repeat(1000)}0-`, 200],
  ['bytes=0-9,5-20', 200],
  ['bytes=0-0,-1', 200],
  ['bytes=9-0', 200],
  ['bytes=-', 200],
  ['bytes=1.5-2', 200],
  ['bytes=-1-2', 200],
  ['bytes=0x0-0x9', 200],
  ['bytes=\u00b9-', 200],
  ['seconds=0-1', 200],
];

test('ranges behind the end, many, over one another or of another form: one part, the whole, or 416', async () => {
  const before = await readTraces(fixture);
  for (const [range, status, contentRange] of RANGES) {
    const answer = await ask(link.pathname + link.search, [`Range: ${range}`]);
    const shown = range.slice(0, 60);
    assert.equal(answer.status, status, shown);
    const told = /\r\ncontent-range: (.*)/i.exec(answer.head)?.[1];
    assert.equal(told, contentRange, shown);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(answer.head)?.[1]);
    assert.ok(length <= SIZE, shown);
  }
  assert.deepEqual(await readTraces(fixture), before);
});

test('several Range headers, and no file for other methods', async () => {
  const path = link.pathname + link.search;
  assert.equal((await ask(path, ['Range: bytes=0-0', 'Range: bytes=5-5'])).status, 200);
  for (const method of ['PUT', 'DELETE', 'POST', 'PATCH']) {
    assert.equal((await callRaw(fixture, { method, path })).error, 'method_not_allowed', method);
  }
});
