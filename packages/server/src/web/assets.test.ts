import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Assets } from './assets.ts';

let folder: string;
let assets: Assets;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-assets-'));
  await mkdir(join(folder, 'src/parts'), { recursive: true });
  const files = {
    'secret.ts': 'export const secret = 1;',
    'src/main.ts': 'export const one: number = 1;',
    'src/main.test.ts': 'export const tested = 1;',
    'src/parts/icon.svg': '<svg/>',
    'src/notes.md': '# no',
    'src/.env.json': '{}',
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  await symlink(join(folder, 'secret.ts'), join(folder, 'src/link.ts'));
  assets = new Assets({ console: join(folder, 'src') });
});
after(() => rm(folder, { recursive: true, force: true }));

test('TypeScript is served as JavaScript, with the lines where they were', async () => {
  const asset = await assets.find('console/main.ts');
  assert.equal(asset?.contentType, 'text/javascript; charset=utf-8');
  assert.equal(String(asset?.body), 'export const one         = 1;');
});

test('other files are served as they are', async () => {
  const asset = await assets.find('console/parts/icon.svg');
  assert.equal(asset?.contentType, 'image/svg+xml');
  assert.equal(String(asset?.body), '<svg/>');
});

test('the tag changes with the content alone', async () => {
  const first = await assets.find('console/main.ts');
  assert.equal((await assets.find('console/main.ts'))?.etag, first?.etag);
  await writeFile(join(folder, 'src/main.ts'), 'export const two: number = 2;');
  const second = await assets.find('console/main.ts');
  assert.notEqual(second?.etag, first?.etag);
  assert.equal(String(second?.body), 'export const two         = 2;');
});

test('tests, hidden files, other forms, other folders and links out are not there', async () => {
  const absent = [
    'main.test.ts',
    '.env.json',
    'notes.md',
    '../secret.ts',
    'link.ts',
    'parts',
    '',
    'absent.ts',
    'parts/',
    'main.ts/x.ts',
  ];
  for (const path of absent) assert.equal(await assets.find(`console/${path}`), undefined, path);
  for (const path of ['server/main.ts', 'main.ts', '', '/', 'toString/main.ts'])
    assert.equal(await assets.find(path), undefined, path);
});

test('no path climbs out', async () => {
  const parts = fc.constantFrom('..', '.', 'secret.ts', 'main.ts', 'parts', '', '\\', '\0', 'console');
  await fc.assert(
    fc.asyncProperty(fc.array(parts, { maxLength: 6 }), async (path) => {
      const asset = await assets.find(['console', ...path].join('/'));
      assert.ok(!String(asset?.body).includes('secret'));
    }),
  );
});
