import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { findPlatformPackage, type PlatformPackage, prepareBinaries } from './binaries.ts';
import { chooseRunAs, type RunAs } from './run-as.ts';

type Link = { target: string };

let home: string;
let closed: PlatformPackage;
let copies: string;
let runAs: RunAs;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'callreel-binaries-'));
  await chmod(home, 0o755);
  runAs = await chooseRunAs(join(home, 'nothing'));
  const installed = await findPlatformPackage();
  // As under root's home, and as npm leaves it where install scripts may not run: without the links.
  const directory = join(home, 'closed/package');
  await mkdir(join(home, 'closed'), { mode: 0o700 });
  await cp(installed.directory, directory, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(directory, 'native/pg-symlinks.json'), 'utf8')) as Link[];
  for (const { target } of links) await rm(join(directory, target), { force: true });
  closed = { directory, version: installed.version };
});

beforeEach(async () => {
  copies = join(home, 'copies');
  await rm(copies, { recursive: true, force: true });
});

after(() => rm(home, { recursive: true, force: true }));

const prepare = () => prepareBinaries(closed, runAs, copies, [copies]);

test('binaries without their links get them; behind a closed folder, root’s other user gets a copy', async () => {
  const { directory, majorVersion } = await prepare();
  const isCopied = directory.startsWith(copies);
  assert.equal(isCopied, runAs !== undefined);
  assert.equal(majorVersion, '18');
  await stat(join(directory, 'lib/libpq.so.5'));
});

test('several that start at once share one copy', { skip: process.getuid?.() !== 0 }, async () => {
  const prepared = await Promise.all([prepare(), prepare(), prepare()]);
  assert.equal(new Set(prepared.map(({ directory }) => directory)).size, 1);
});

test('a copy that a power loss left torn is made anew', { skip: process.getuid?.() !== 0 }, async () => {
  const { directory } = await prepare();
  const torn = join(directory, 'share/postgresql/postgres.bki');
  const { size } = await stat(torn);
  await truncate(torn, 0);
  await prepare();
  assert.equal((await stat(torn)).size, size);
});

test('a folder that others may write is no place for a copy', { skip: process.getuid?.() !== 0 }, async () => {
  await mkdir(copies);
  await chmod(copies, 0o777);
  await assert.rejects(prepare(), {
    name: 'EmbeddedPostgresError',
    reason: 'binariesUnusable',
    message: /not ours alone/,
  });
});
