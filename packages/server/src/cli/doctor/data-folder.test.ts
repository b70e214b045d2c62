import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readConfig } from '../../base/config.ts';
import { checkData } from './data-folder.ts';
import type { Seen } from './finding.ts';

const isRoot = process.getuid?.() === 0;
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'callreel-doctor-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

const check = (dataDir: string): Promise<Seen[]> =>
  checkData({ config: readConfig({ CALLREEL_DATA_DIR: dataDir }), servicePid: undefined });

const problemsOf = (seen: readonly Seen[]): string[] =>
  seen.filter(({ level }) => level === 'problem').map(({ text }) => text);

test('a folder that is not there yet is not made', async () => {
  assert.deepEqual(problemsOf(await check(join(home, 'a/b'))), []);
  assert.deepEqual(await readdir(home), []);
});

test('a folder in order: nothing is left in it', async () => {
  assert.deepEqual(problemsOf(await check(home)), []);
  assert.deepEqual(await readdir(home), []);
});

test('recordings that others may read are a problem, each folder by itself', async () => {
  await mkdir(join(home, 'recordings'));
  await mkdir(join(home, 'spool'), { mode: 0o700 });
  await chmod(join(home, 'recordings'), 0o755);
  const [text, ...more] = problemsOf(await check(home));
  assert.match(text ?? '', /recordings is open to others \(mode 0755\)/);
  assert.deepEqual(more, []);
});

test('a file where the folder should be', async () => {
  await writeFile(join(home, 'data'), '');
  assert.match(problemsOf(await check(join(home, 'data')))[0] ?? '', /is no folder/);
  assert.match(problemsOf(await check(join(home, 'data/below')))[0] ?? '', /cannot be looked at \(ENOTDIR\)/);
});

test('a folder that we may not write', { skip: isRoot }, async () => {
  await chmod(home, 0o500);
  assert.match(problemsOf(await check(home))[0] ?? '', /cannot be written \(EACCES\)/);
  assert.match(problemsOf(await check(join(home, 'new')))[0] ?? '', /we may not make it/);
  await chmod(home, 0o700);
});
