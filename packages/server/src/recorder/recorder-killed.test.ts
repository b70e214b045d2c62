import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { seededChance } from '@callreel/synthetic/seeded-chance.ts';
import { finishRecording } from './finish.ts';
import { assertAddsUp } from './report/reported-recording-fixture.ts';
import { specOf } from './virtual-publisher-fixture.ts';

const KEY = specOf({}).recordingKey;
const CHILD = fileURLToPath(new URL('killed-recorder-fixture.ts', import.meta.url));
/** The bar: what had come a second before the kill is in the file. */
const MOST_LOST_MS = 1000;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorder-killed-'));
});
after(() => rm(folder, { recursive: true }));

/** Kills the child with -9 when it has told of `afterMs`; answers the last media time that it told of. */
const recordAndKill = async (spoolDir: string, afterMs: number): Promise<number> => {
  const child = spawn(process.execPath, [CHILD, spoolDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  // Killed between two lines: what was on its way to the child has nobody to read it.
  child.stdin.on('error', () => {});
  const exit = once(child, 'exit');
  let toldMs = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    toldMs = Number(line);
    if (toldMs >= afterMs) child.kill('SIGKILL');
    else child.stdin.write('\n');
  }
  assert.deepEqual((await exit)[1], 'SIGKILL');
  return toldMs;
};

type IndexFrame = { offset: number; length: number; timeMs: number };

const framesIn = async (spoolDir: string, kind: 'a' | 'v'): Promise<IndexFrame[]> => {
  const index = await readFile(join(spoolDir, KEY, 'index'), 'latin1');
  const lines = index.split('\n').filter((line) => line.startsWith(`${kind} `));
  return lines.map((line) => {
    const [, offset, length, timeMs] = line.split(' ').map(Number);
    return { offset: offset ?? Number.NaN, length: length ?? Number.NaN, timeMs: timeMs ?? Number.NaN };
  });
};

test('whenever the recorder is killed, its file is finished and lacks the last second at most', async () => {
  const chance = seededChance(20);
  for (let round = 0; round < 8; round++) {
    const spoolDir = await mkdtemp(join(folder, 'spool-'));
    const toldMs = await recordAndKill(spoolDir, 1200 + 12_000 * chance());
    const finished = await finishRecording(spoolDir, KEY);
    assert.ok(finished.kind === 'finished', `killed at ${toldMs}`);
    const { report } = finished;
    assertAddsUp(report);
    assert.deepEqual([report.verdict, report.reasons.includes('crash'), report.ended], ['truncated', true, undefined]);
    assert.equal(report.video?.frames, finished.video?.frames);
    const media = await readFile(finished.path);
    assert.equal(media.length, finished.sizeBytes);
    const pictures = await framesIn(spoolDir, 'v');
    const newestMs = pictures.at(-1)?.timeMs ?? 0;
    assert.ok(toldMs - newestMs <= MOST_LOST_MS, `killed at ${toldMs}, newest picture at ${newestMs}`);
    pictures.forEach(({ offset, length }, counter) => {
      const data = media.subarray(offset, offset + length);
      assert.ok(
        data.subarray(10).every((byte) => byte === counter % 256),
        `picture ${counter}`,
      );
    });
    const sounds = await framesIn(spoolDir, 'a');
    assert.ok(sounds.every(({ timeMs }, index) => timeMs === (sounds[0]?.timeMs ?? 0) + 20 * index));
    assert.deepEqual(await finishRecording(spoolDir, KEY), finished);
  }
});
