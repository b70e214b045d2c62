import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lockDirectory } from './directory-lock.ts';

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'callreel-lock-'));
});

after(() => rm(directory, { recursive: true, force: true }));

test('a locked folder is locked to all, this process too, until it is released', () => {
  const lock = lockDirectory(directory);
  assert.throws(() => lockDirectory(directory), { name: 'DirectoryLockError', reason: 'inUse' });
  lock.release();
  lock.release();
  lockDirectory(directory).release();
});

test('locks of other names in one folder do not touch each other', () => {
  const locks = [lockDirectory(directory), lockDirectory(directory, 'another')];
  assert.throws(() => lockDirectory(directory, 'another'), { reason: 'inUse' });
  for (const lock of locks) lock.release();
});

test('a holder that is killed lets go', async () => {
  const source = `
    import { lockDirectory } from ${JSON.stringify(import.meta.resolve('./directory-lock.ts'))};
    lockDirectory(${JSON.stringify(directory)});
    console.log('locked');
    setInterval(() => {}, 1e6);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  assert.throws(() => lockDirectory(directory), { reason: 'inUse' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockDirectory(directory).release();
});

test('a folder that is not there cannot be locked', () => {
  assert.throws(() => lockDirectory(join(directory, 'missing')), { name: 'DirectoryLockError', reason: 'impossible' });
});
