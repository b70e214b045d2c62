import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser, skip } from '../support/browser.ts';
import { SYNC_BOUNDS_MS } from '../support/recorded-call.ts';
import { playAndCompare } from './played-sync.ts';
import { makeRealFiles, REAL_CASES } from './real-files.ts';

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
    const compared = await playAndCompare(
      await browser.newPage(),
      reference,
      played.map(({ path }) => path),
    );
    for (const [index, { name, flashesMs }] of played.entries()) {
      const pairs = compared[index] ?? [];
      assert.ok(
        pairs.length >= flashesMs.length / 3,
        `${name}: ${pairs.length} of ${flashesMs.length} flashes have a beep`,
      );
      assert.ok(
        pairs.some(({ flashMs }) => flashMs > 9000),
        `${name}: none behind the hole`,
      );
      for (const { flashMs, offsetMs } of pairs) {
        const inBounds = offsetMs >= SYNC_BOUNDS_MS.early && offsetMs <= SYNC_BOUNDS_MS.late;
        assert.ok(inBounds, `${name}: the beep at ${flashMs} ms is heard ${offsetMs} ms late`);
      }
    }
  } finally {
    await browser.close();
  }
});
