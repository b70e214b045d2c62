import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser, skip } from '../support/browser.ts';
import { SYNC_BOUNDS_MS } from '../support/recorded-call.ts';
import { playAndCompare } from './played-sync.ts';
import { makeHoledFile, makeRealFiles, REAL_CASES } from './real-files.ts';

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-played-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const NAMES = ['nothing for 6 s', 'the microphone 3 s late', 'the microphone 3 s late, H264'];

test('Chromium plays flash and beep together, single and merged, after a hole of 6 s and with a late microphone', {
  skip,
}, async () => {
  const cases = REAL_CASES.filter(({ name }) => NAMES.includes(name));
  const { reference, files } = await makeRealFiles(cases, folder);
  const browser = await openBrowser();
  try {
    // A .mkv is in sync if its merged file is: one of the two merges of late microphones is enough.
    const played = files.filter(({ name }) => name !== 'the microphone 3 s late, H264, merged');
    const holed = await makeHoledFile(folder);
    const compared = await playAndCompare(await browser.newPage(), reference, [...played, holed]);
    const behindHole = compared.at(-1)?.filter(({ flashMs }) => flashMs > 9000) ?? [];
    assert.deepEqual(behindHole, [], 'what is measured is what is heard: a hole makes all later sound early');
    for (const [index, { name, flashesMs }] of played.entries()) {
      const pairs = compared[index] ?? [];
      // Where there is no sound yet, a flash has no beep.
      const lone = flashesMs.filter((flashMs) => !pairs.some((pair) => pair.flashMs === flashMs));
      assert.ok(
        lone.every((flashMs) => flashMs < 3100),
        `${name}: flashes without a beep at ${lone.join(' ')} ms`,
      );
      assert.ok(pairs.length >= 4, `${name}: ${pairs.length} pairs`);
      for (const { flashMs, offsetMs } of pairs) {
        const inBounds = offsetMs >= SYNC_BOUNDS_MS.early && offsetMs <= SYNC_BOUNDS_MS.late;
        assert.ok(inBounds, `${name}: the beep at ${flashMs} ms is heard ${offsetMs} ms late`);
      }
    }
  } finally {
    await browser.close();
  }
});
