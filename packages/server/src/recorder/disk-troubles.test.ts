/** Disks that are full, slow or gone, put under a recorder by its file port. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { finishRecording } from './finish.ts';
import { PublicationRecorder } from './publication-recorder.ts';
import type { RecorderError } from './recorder-error.ts';
import { smallMedia } from './small-media-fixture.ts';
import { localPort, SpoolDisk, type SpoolFile, type SpoolPort } from './spool-disk.ts';
import { deliveriesOf, specOf, VirtualTime } from './virtual-publisher-fixture.ts';

const START_MS = 1000;
const SPEC = specOf({ audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } });

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-troubles-'));
});
after(() => rm(folder, { recursive: true }));

/** A port whose writes and syncs go through `before`. */
const portWith = (before: (what: 'write' | 'sync', path: string) => Promise<void>): SpoolPort => ({
  ...localPort,
  async create(path) {
    const file = await localPort.create(path);
    return {
      ...file,
      async write(bytes, position) {
        await before('write', path);
        await file.write(bytes, position);
      },
      async sync() {
        await before('sync', path);
        await file.sync();
      },
    } satisfies SpoolFile;
  },
});

const begin = async (disk: SpoolDisk) => {
  const spoolDir = await mkdtemp(join(folder, 'spool-'));
  const time = new VirtualTime(START_MS - 50);
  const errors: RecorderError[] = [];
  let keyFrameRequests = 0;
  const recorder = new PublicationRecorder({
    spec: SPEC,
    spoolDir,
    nowMs: time.nowMs,
    requestKeyFrame: () => keyFrameRequests++,
    onError: (error) => errors.push(error),
    disk,
  });
  return { spoolDir, time, errors, recorder, keyFrameRequests: () => keyFrameRequests };
};

const noSpace = (): Error => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

/** Lets work that is under way in libuv's threads come to its end. */
const untilTrue = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await nextTurn();
};

test('a disk that was full for a while costs nothing of the recording', async () => {
  let full = false;
  const port = portWith(async () => {
    if (full) throw noSpace();
  });
  const { recorder, time, errors, spoolDir } = await begin(new SpoolDisk({ port }));
  const deliveries = deliveriesOf(smallMedia(10_000), { startMs: START_MS });
  await time.play(recorder, deliveries, START_MS + 2000);
  full = true;
  await time.play(
    recorder,
    deliveries.filter(({ atMs }) => atMs > START_MS + 2000),
    START_MS + 5000,
  );
  await untilTrue(() => errors.length > 0);
  full = false;
  await time.play(
    recorder,
    deliveries.filter(({ atMs }) => atMs > START_MS + 5000),
    START_MS + 10_100,
  );
  await recorder.close('unpublished');
  assert.deepEqual([...new Set(errors.map(({ reason }) => reason))], ['diskFull']);
  const finished = await finishRecording(spoolDir, SPEC.recordingKey);
  assert.ok(finished.kind === 'finished');
  assert.equal(finished.video?.frames, 250);
});

test('a disk that stays full keeps what was written before, and closing says so', async () => {
  let full = false;
  const port = portWith(async () => {
    if (full) throw noSpace();
  });
  const { recorder, time, spoolDir } = await begin(new SpoolDisk({ port }));
  const deliveries = deliveriesOf(smallMedia(6000), { startMs: START_MS });
  await time.play(recorder, deliveries, START_MS + 3000);
  await untilTrue(() => recorder.waitingBytes === 0);
  full = true;
  await time.play(
    recorder,
    deliveries.filter(({ atMs }) => atMs > START_MS + 3000),
    START_MS + 6100,
  );
  await assert.rejects(recorder.close('unpublished'), { name: 'RecorderError', reason: 'diskFull' });
  const finished = await finishRecording(spoolDir, SPEC.recordingKey);
  assert.ok(finished.kind === 'finished');
  const frames = finished.video?.frames ?? 0;
  assert.ok(frames >= 58 && frames <= 66, String(frames));
});

test('a disk that stands still leaves out pictures, keeps sound, and goes on with a key frame', async () => {
  const { promise: moving, resolve: release } = Promise.withResolvers<void>();
  let standing = false;
  const port = portWith(async (what) => {
    if (standing && what === 'write') await moving;
  });
  const { recorder, time, errors, spoolDir, keyFrameRequests } = await begin(new SpoolDisk({ port }));
  // 25 MB in five seconds: more than may wait for one file.
  const deliveries = deliveriesOf(smallMedia(10_000, 200_000), { startMs: START_MS });
  const between = (from: number, to: number) =>
    deliveries.filter(({ atMs }) => atMs > START_MS + from && atMs <= START_MS + to);
  await time.play(recorder, between(-1, 500), START_MS + 500);
  await untilTrue(() => recorder.waitingBytes === 0);
  standing = true;
  const requestsBefore = keyFrameRequests();
  await time.play(recorder, between(500, 6500), START_MS + 6500);
  assert.deepEqual(
    errors.map(({ reason }) => reason),
    ['backlog'],
  );
  assert.ok(recorder.waitingBytes < 20 * 2 ** 20, String(recorder.waitingBytes));
  standing = false;
  release();
  await untilTrue(() => recorder.waitingBytes === 0);
  await time.play(recorder, between(6500, 10_100), START_MS + 10_100);
  await recorder.close('unpublished');
  assert.ok(keyFrameRequests() > requestsBefore);
  const finished = await finishRecording(spoolDir, SPEC.recordingKey);
  assert.ok(finished.kind === 'finished');
  const index = await readFile(join(spoolDir, SPEC.recordingKey, 'index'), 'latin1');
  const sounds = index.split('\n').filter((line) => line.startsWith('a '));
  assert.equal(sounds.length, 500);
  const pictures = index.split('\n').filter((line) => line.startsWith('v '));
  assert.ok(pictures.length < 250 && pictures.length > 120, String(pictures.length));
  const times = pictures.map((line) => ({ timeMs: Number(line.split(' ')[3]), isKey: line.endsWith('k') }));
  const afterHole = times.find(({ timeMs }, index) => timeMs - (times[index - 1]?.timeMs ?? 0) > 40);
  assert.ok(afterHole?.isKey);
});

test('one sync is under way at a time, whatever the number of recordings', async () => {
  let syncing = 0;
  let most = 0;
  let syncs = 0;
  const port = portWith(async (what) => {
    if (what === 'write') return;
    syncing++;
    syncs++;
    most = Math.max(most, syncing);
    await nextTurn();
    syncing--;
  });
  const disk = new SpoolDisk({ port });
  const sessions = await Promise.all(Array.from({ length: 4 }, () => begin(disk)));
  // Files that are not made yet are not synced.
  const indexes = sessions.map(({ spoolDir }) => join(spoolDir, SPEC.recordingKey, 'index'));
  await untilTrue(() => indexes.every((path) => existsSync(path)));
  const deliveries = deliveriesOf(smallMedia(12_000), { startMs: START_MS });
  // Virtual time stands still until the syncs that are due are done: otherwise a slow disk may still be at them when the next are due.
  let playedMs = -1;
  for (const [untilMs, due] of [
    [7500, 1],
    [12_100, 2],
  ] as const) {
    const between = deliveries.filter(({ atMs }) => atMs > START_MS + playedMs && atMs <= START_MS + untilMs);
    await Promise.all(sessions.map(({ recorder, time }) => time.play(recorder, between, START_MS + untilMs)));
    await untilTrue(() => syncs === 4 * due * 2);
    playedMs = untilMs;
  }
  await Promise.all(sessions.map(({ recorder }) => recorder.close('unpublished')));
  assert.equal(most, 1);
  // Twice by the clock and once at the end, for two files each.
  assert.equal(syncs, 4 * 3 * 2);
});

test('a folder that cannot be made is an error, not a crash', async () => {
  const port: SpoolPort = {
    ...localPort,
    makeFolder: async () => {
      throw Object.assign(new Error('read-only file system'), { code: 'EROFS' });
    },
  };
  const { recorder, time, errors } = await begin(new SpoolDisk({ port }));
  await time.play(recorder, deliveriesOf(smallMedia(2000), { startMs: START_MS }), START_MS + 2100);
  await assert.rejects(recorder.close('unpublished'), { reason: 'writeFailed' });
  assert.equal(errors[0]?.reason, 'writeFailed');
});
