import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { DiskStore } from './disk-store.ts';
import { isObjectKey, type ListedObject } from './object-store.ts';
import { StorageError } from './storage-error.ts';

const key = 'acme/meet/20190221/20190221175604-0a1b2c3d4e5f.webm';
const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

let folder: string;
let root: string;
let store: DiskStore;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-disk-'));
  root = join(folder, 'recordings');
  store = new DiskStore(root);
});
after(() => rm(folder, { recursive: true, force: true }));

const putFile = async (bytes: Uint8Array, at = key): Promise<string> => {
  const path = join(folder, 'media');
  await writeFile(path, bytes);
  await store.put(path, at);
  return path;
};

const reasonIs = (reason: string) => (error: unknown) => error instanceof StorageError && error.reason === reason;

test('a file is moved in, and is read whole or in part', async () => {
  const source = await putFile(content);
  assert.ok(!existsSync(source));
  assert.deepEqual(await readFile(await store.localPath(key)), content);
  assert.deepEqual(await buffer(await store.open(key)), content);
  assert.deepEqual(
    await buffer(await store.open(key, { start: 70_000, end: 140_000 })),
    content.subarray(70_000, 140_001),
  );
  assert.deepEqual(await buffer(await store.open(key, { start: 199_999, end: 199_999 })), content.subarray(199_999));
});

test('its facts are those of the file', async () => {
  await putFile(content);
  const facts = await store.stat(key);
  assert.equal(facts?.sizeBytes, content.length);
  assert.equal(facts?.modifiedMs, (await stat(join(root, key))).mtimeMs);
});

test('nobody else may enter the folders', async () => {
  await putFile(content);
  assert.equal((await stat(join(root, 'acme/meet'))).mode & 0o777, 0o700);
});

test('put again, the object is the new one', async () => {
  await putFile(content);
  await putFile(Buffer.from('new'));
  assert.equal((await buffer(await store.open(key))).toString(), 'new');
});

test('a file from another file system is copied in', { skip: !existsSync('/dev/shm') }, async () => {
  const other = await mkdtemp('/dev/shm/callreel-disk-');
  try {
    const source = join(other, 'media');
    await writeFile(source, content);
    await store.put(source, key);
    assert.deepEqual(await buffer(await store.open(key)), content);
    assert.ok(!existsSync(source));
    assert.ok(!existsSync(`${join(root, key)}.part`));
  } finally {
    await rm(other, { recursive: true, force: true });
  }
});

test('what is removed is gone, and may be removed again', async () => {
  await putFile(content);
  await store.remove(key);
  assert.equal(await store.stat(key), undefined);
  await assert.rejects(store.open(key), reasonIs('notFound'));
  await store.remove(key);
  await store.remove('acme/never/there/was.webm');
});

const listAll = async (objects: DiskStore): Promise<ListedObject[]> => {
  const listed: ListedObject[] = [];
  for await (const object of objects.list()) listed.push(object);
  return listed;
};

test('every object is listed with its facts, and nothing else', async () => {
  const elsewhere = new DiskStore(join(folder, 'listed'));
  assert.deepEqual(await listAll(elsewhere), []);
  const keys = ['a/b/20190221/1.webm', 'a/b/20190222/2.mp4', 'c/d/20190222/3.mkv'];
  for (const [index, key] of keys.entries()) {
    const path = join(folder, 'media');
    await writeFile(path, content.subarray(0, index));
    await elsewhere.put(path, key);
  }
  await writeFile(join(folder, 'listed/a/.hidden'), '');
  const listed = await listAll(elsewhere);
  assert.deepEqual(listed.map(({ key, sizeBytes }) => [key, sizeBytes]).sort(), [
    [keys[0], 0],
    [keys[1], 1],
    [keys[2], 2],
  ]);
  assert.ok(listed.every(({ modifiedMs }) => Math.abs(Date.now() - modifiedMs) < 600_000));
});

test('a folder is no object', async () => {
  await mkdir(join(root, 'acme/meet/20200101'), { recursive: true });
  assert.equal(await store.stat('acme/meet/20200101'), undefined);
});

test('no key leads out of the folder', async () => {
  const wrong = [
    '',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a/./b',
    'a//b',
    'a/b/',
    'a',
    'a\\b/c',
    'a/b\0',
    'a/.hidden',
    `a/${'b'.repeat(600)}`,
  ];
  for (const one of wrong) {
    await assert.rejects(store.stat(one), reasonIs('badKey'), one);
    await assert.rejects(store.localPath(one), reasonIs('badKey'), one);
    await assert.rejects(store.open(one), reasonIs('badKey'), one);
    await assert.rejects(store.remove(one), reasonIs('badKey'), one);
  }
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '-', '\\', '\0', '%') }), staysWithin));
});

const staysWithin = (text: string): boolean =>
  !isObjectKey(text) || (join('/root', text).startsWith('/root/') && !text.includes('..'));

test('a file that is not there cannot be moved in', async () => {
  await assert.rejects(store.put(join(folder, 'absent'), key), reasonIs('notFound'));
});
