import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const HELD_SERVICE = fileURLToPath(new URL('held-service-fixture.ts', import.meta.url));

const firstLine = async ({ stdout }: ChildProcess): Promise<string> =>
  String((await once(stdout ?? assert.fail(), 'data'))[0]).trim();

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`a demo that gets ${signal} takes its service along and leaves nothing behind`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'callreel-interrupted-'));
    const env = { ...process.env, TMPDIR: folder };
    const demo = spawn(process.execPath, [HELD_SERVICE], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const url = await firstLine(demo);
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
      assert.equal((await readdir(folder)).length, 1);
      demo.kill(signal);
      assert.deepEqual(await once(demo, 'exit'), [exitCode, null]);
      await assert.rejects(fetch(`${url}/healthz`), 'the service is gone');
      assert.deepEqual(await readdir(folder), []);
    } finally {
      demo.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
}
