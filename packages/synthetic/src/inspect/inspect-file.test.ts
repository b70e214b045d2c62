import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callerLook } from '../prepare/caller-look.ts';
import { type MediaPlan, prepareMedia } from '../prepare/prepare-media.ts';
import { InspectError } from './inspect-error.ts';
import { inspectFile } from './inspect-file.ts';
import { muxFixture } from './muxed-fixture.ts';

const look = callerLook(0);
const caller = { name: 'alice', beepHz: look.beepHz };
const plan: MediaPlan = { durationMs: 3500, videoCodec: 'VP8', audio: true, width: 320, height: 180, ...look };

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-inspect-'));
});
after(() => rm(folder, { recursive: true }));

test('a webm is described: codecs, duration, every frame by its counter, key frames', async () => {
  const path = join(folder, 'plain.webm');
  muxFixture(path, 'webm', await prepareMedia(plan), { soundLateMs: 100 });
  const { container, durationMs, video, audio, callers } = await inspectFile(path, [caller]);
  assert.equal(container, 'webm');
  assert.ok(Math.abs(durationMs - 3600) < 50, `${durationMs} ms`);
  assert.deepEqual([video?.codec, video?.width, video?.height, video?.decodeErrors], ['vp8', 320, 180, 0]);
  assert.deepEqual(callers.alice?.picture?.counters, [...Array(88).keys()]);
  assert.equal(callers.alice?.picture?.unread, 0);
  assert.deepEqual(video?.frameTimesMs.slice(0, 3), [0, 40, 80]);
  for (const timeMs of [0, 1000, 2000, 3000]) assert.ok(video?.keyFrameTimesMs.includes(timeMs));
  assert.deepEqual([audio?.codec, audio?.channels, audio?.packets, audio?.holes], ['opus', 1, 175, []]);
});

for (const soundLateMs of [200, 30, 100]) {
  test(`sound that is ${soundLateMs} ms late measures so, to within 2 ms`, async () => {
    const path = join(folder, `late-${soundLateMs}.mkv`);
    muxFixture(path, 'matroska', await prepareMedia({ ...plan, videoCodec: 'H264' }), { soundLateMs });
    const { container, callers } = await inspectFile(path, [caller]);
    assert.equal(container, 'mkv');
    const { pairs = [], loneFlashesMs, loneBeepsMs } = callers.alice?.sync ?? {};
    assert.deepEqual(
      pairs.map(({ flashMs }) => flashMs),
      [1000, 2000, 3000],
    );
    for (const { offsetMs } of pairs) assert.ok(Math.abs(offsetMs - soundLateMs) <= 2, `${offsetMs} ms`);
    assert.deepEqual(loneFlashesMs, []);
    // The beep of second 0 has no quiet before it, unless the file is silent there first.
    assert.ok((loneBeepsMs?.length ?? 0) <= 1);
  });
}

test('a hole in the sound is named, and what follows keeps its time', async () => {
  const path = join(folder, 'hole.webm');
  const leaveOut = (mediaMs: number): boolean => mediaMs >= 1400 && mediaMs < 1700;
  muxFixture(path, 'webm', await prepareMedia(plan), { soundLateMs: 100, leaveOut });
  const { audio, callers } = await inspectFile(path, [caller]);
  assert.equal(audio?.holes.length, 1);
  assert.ok(Math.abs((audio?.holes[0]?.lengthMs ?? 0) - 300) < 2);
  for (const { offsetMs } of callers.alice?.sync.pairs ?? []) assert.ok(Math.abs(offsetMs - 100) <= 2);
});

test('a file of sound alone and one of pictures alone are described as such', async () => {
  const [sound, picture] = [join(folder, 'sound.webm'), join(folder, 'picture.webm')];
  muxFixture(sound, 'webm', await prepareMedia({ ...plan, videoCodec: null }), { soundLateMs: 100 });
  muxFixture(picture, 'webm', await prepareMedia({ ...plan, audio: false }));
  const [ofSound, ofPicture] = [await inspectFile(sound, [caller]), await inspectFile(picture, [caller])];
  assert.equal(ofSound.video, undefined);
  assert.equal(ofSound.callers.alice?.beepsMs.length, 3);
  assert.equal(ofPicture.audio, undefined);
  assert.equal(ofPicture.callers.alice?.picture?.counters.length, 88);
});

test('a file that is none is refused', async () => {
  const path = join(folder, 'none.webm');
  await writeFile(path, 'not a film');
  await assert.rejects(inspectFile(path), (error) => error instanceof InspectError && error.reason === 'unreadable');
});
