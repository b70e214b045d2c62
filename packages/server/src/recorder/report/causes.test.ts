/** Each cause of a gap, made to happen on virtual time and read back from the finished recording. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GapCause } from '@callreel/contract/gap-cause.ts';
import { smallMedia } from '../small-media-fixture.ts';
import { localPort, type SpoolPort } from '../spool-disk.ts';
import { type Delivery, deliveriesOf } from '../virtual-publisher-fixture.ts';
import { PictureLedger } from './picture-ledger.ts';
import { gapsOf, ReportStage, START_MS } from './reported-recording-fixture.ts';

const sending = (durationMs: number, startMs = 0): Delivery[] =>
  deliveriesOf(smallMedia(durationMs), { startMs: START_MS + startMs });

const isSound = (one: Delivery, fromMs: number, untilMs: number): boolean =>
  one.kind === 'packet' && one.track === 'audio' && one.mediaMs >= fromMs && one.mediaMs < untilMs;
const isPicture = (one: Delivery, fromMs: number, untilMs: number): boolean =>
  one.kind === 'packet' && one.track === 'video' && one.mediaMs >= fromMs && one.mediaMs < untilMs;

/** Sequence numbers closed up: what is left out was never sent. */
const neverSent = (deliveries: readonly Delivery[], isLeftOut: (one: Delivery) => boolean): Delivery[] => {
  const left = { audio: 0, video: 0 };
  return deliveries.flatMap((one): Delivery[] => {
    if (one.kind !== 'packet') return [one];
    if (isLeftOut(one)) {
      left[one.track] += 1;
      return [];
    }
    const sequenceNumber = (one.packet.sequenceNumber - left[one.track]) & 0xffff;
    return [{ ...one, packet: { ...one.packet, sequenceNumber } }];
  });
};

const withPayload = (one: Delivery, payload: Uint8Array): Delivery =>
  one.kind === 'packet' ? { ...one, packet: { ...one.packet, payload } } : one;

test('nothing is missing: complete, from the first frame to the last', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(5000), 5100);
  const { report, durationMs } = await stage.end();
  assert.deepEqual([report.verdict, report.reasons, report.gaps], ['complete', [], []]);
  assert.equal(report.ended, 'unpublished');
  assert.equal(report.video?.frames, 125);
  assert.deepEqual(
    report.video?.sizes.map(({ width, height }) => [width, height]),
    [[320, 180]],
  );
  assert.deepEqual([report.audio?.presentMs, report.video?.presentMs], [durationMs, durationMs]);
  assert.deepEqual(report.audio?.packets, { received: 250, lost: 0, recovered: 0, missing: 0 });
});

test('lost sound is a gap of its packets, lost pictures one up to the next key frame', async () => {
  await using stage = await ReportStage.begin();
  const lost = (one: Delivery): boolean => isSound(one, 1200, 1240) || isPicture(one, 2200, 2240);
  await stage.play(
    sending(5000).filter((one) => !lost(one)),
    5100,
  );
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.reasons], ['gaps', ['mediaMissing']]);
  const [sound] = report.gaps.filter(({ track }) => track === 'audio');
  assert.deepEqual([sound?.cause, sound?.lengthMs], ['loss', 40]);
  const [pictures, ...others] = report.gaps.filter(({ track }) => track === 'video');
  assert.deepEqual([pictures?.cause, others], ['loss', []]);
  // Key frames come every second: 20 pictures of 40 ms.
  assert.ok(Math.abs((pictures?.lengthMs ?? 0) - 800) <= 2, JSON.stringify(pictures));
  assert.deepEqual([report.audio?.packets.missing, report.video?.packets.missing], [2, 1]);
  assert.deepEqual(report.video?.leftOut, { incomplete: 1, waitingForKeyFrame: 19 });
});

test('a camera that is switched off, and a microphone that comes later, are no losses', async () => {
  await using stage = await ReportStage.begin();
  const off = (one: Delivery): boolean => isPicture(one, 3000, 7000) || isSound(one, 0, 2000);
  await stage.play(neverSent(sending(9000), off), 9100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'complete');
  assert.deepEqual(
    report.gaps.map(({ track, cause, lengthMs }) => [track, cause, Math.round(lengthMs / 100)]),
    [
      ['audio', 'unsent', 20],
      ['video', 'unsent', 40],
    ],
  );
});

test('the silence of DTX is present, and told as silence', async () => {
  await using stage = await ReportStage.begin();
  const quiet = (one: Delivery): boolean =>
    one.kind === 'packet' && isSound(one, 1000, 4000) && one.mediaMs % 400 !== 0;
  const deliveries = neverSent(sending(5000), quiet).map((one) =>
    isSound(one, 1000, 4000) ? withPayload(one, Uint8Array.of(0xf8, 0)) : one,
  );
  await stage.play(deliveries, 5100);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, gapsOf(report, 'audio')], ['complete', []]);
  assert.ok(Math.abs((report.audio?.silentMs ?? 0) - 3000) <= 60, String(report.audio?.silentMs));
});

test('a member whom the service silences is a mute, however short, and however he sends', async () => {
  await using stage = await ReportStage.begin();
  const silenced = (one: Delivery): boolean => one.atMs > START_MS + 2000 && one.atMs <= START_MS + 2600;
  const deliveries = sending(5000).map((one) =>
    one.track === 'audio' && silenced(one) ? withPayload(one, Uint8Array.of(0xf8)) : one,
  );
  await stage.play(deliveries, 2000);
  stage.recorder.handleMute(true);
  await stage.play(deliveries, 2600);
  stage.recorder.handleMute(false);
  await stage.play(deliveries, 5100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'complete');
  const [mute, ...others] = report.gaps;
  assert.deepEqual([mute?.track, mute?.cause, mute?.lengthMs, others], ['audio', 'mute', 600, []]);
});

test('a microphone that its own page silences is a mute, as it sends silence packet by packet', async () => {
  await using stage = await ReportStage.begin();
  const deliveries = sending(6000).map((one) =>
    isSound(one, 2000, 5000) ? withPayload(one, Uint8Array.of(0xf8, 0xff, 0xfe)) : one,
  );
  await stage.play(deliveries, 6100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'complete');
  assert.deepEqual(
    report.gaps.map(({ track, cause, lengthMs }) => [track, cause, lengthMs]),
    [['audio', 'mute', 3000]],
  );
});

test('a connection that is lost and taken up again is a gap of both tracks', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(2000), 9000);
  stage.recorder.resume('newConnection');
  const resumed = deliveriesOf(smallMedia(3000), {
    startMs: START_MS + 9000,
    firstTimestamps: { audio: 5, video: 77 },
    firstSequenceNumber: 900,
  });
  await stage.play(resumed, 12_100);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.reasons], ['gaps', ['mediaMissing']]);
  assert.deepEqual(
    report.gaps.map(({ track, cause, lengthMs }) => [track, cause, Math.round(lengthMs / 100)]),
    [
      ['audio', 'disconnect', 70],
      ['video', 'disconnect', 70],
    ],
  );
});

test('a connection that fails before it has brought anything leaves no gap: the file begins with the next one', async () => {
  await using stage = await ReportStage.begin();
  stage.recorder.resume('newConnection');
  await stage.play(sending(3000), 3100);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.gaps], ['complete', []]);
});

test('a connection that is lost in its first moments, before the file has begun, is a gap after them', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(
    sending(100).filter((one) => isSound(one, 0, 100)),
    120,
  );
  stage.recorder.resume('newConnection');
  const resumed = deliveriesOf(smallMedia(3000), {
    startMs: START_MS + 2000,
    firstTimestamps: { audio: 5, video: 77 },
    firstSequenceNumber: 900,
  });
  await stage.play(resumed, 5100);
  const { report } = await stage.end();
  assert.deepEqual(
    report.gaps.map(({ track, cause, lengthMs }) => [track, cause, Math.round(lengthMs / 100)]),
    [
      ['video', 'disconnect', 20],
      ['audio', 'disconnect', 19],
    ],
  );
});

test('a track that does not come back with the connection is not missing but unsent from then on', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(2000), 9000);
  stage.recorder.resume('newConnection');
  const resumed = deliveriesOf(smallMedia(20_000), {
    startMs: START_MS + 9000,
    firstTimestamps: { audio: 5, video: 77 },
    firstSequenceNumber: 900,
  }).filter(({ track }) => track === 'audio');
  await stage.play(resumed, 29_100);
  const { report } = await stage.end();
  assert.deepEqual(
    report.gaps.map(({ track, cause, lengthMs }) => [track, cause, Math.round(lengthMs / 100)]),
    [
      ['audio', 'disconnect', 70],
      ['video', 'disconnect', 70],
      ['video', 'unsent', 200],
    ],
  );
});

test('a hole that is told of just after a return, while it is open, ends with the return all the same', () => {
  const gaps: [GapCause, number, number][] = [];
  const ledger = new PictureLedger((cause, startMs, endMs) => gaps.push([cause, startMs, endMs]));
  ledger.begin(0);
  ledger.place(0);
  ledger.place(40);
  ledger.noteDisconnect();
  ledger.noteReturn(9000);
  // The disk was busy when it was due: 200 ms past the return.
  ledger.checkpoint(9200 + 3000);
  ledger.checkpoint(22_000);
  assert.deepEqual(
    gaps.map(([cause, startMs, endMs]) => [cause, Math.round(startMs / 100), Math.round(endMs / 100)]),
    [
      ['disconnect', 1, 90],
      ['unsent', 90, 190],
    ],
  );
});

test('a connection that is lost for good costs nothing: the file ends where it was lost', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(4000), 49_000);
  const { report } = await stage.end('connectionLost');
  assert.deepEqual([report.verdict, report.gaps], ['complete', []]);
});

test('another source in the same connection is no loss of it', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(sending(2000), 2100);
  stage.recorder.resume('newSource');
  const next = deliveriesOf(smallMedia(2000), {
    startMs: START_MS + 2100,
    firstTimestamps: { audio: 5, video: 77 },
    firstSequenceNumber: 900,
  });
  await stage.play(next, 4200);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.gaps], ['complete', []]);
});

test('pictures that no key frame came before are told as such, and asked for', async () => {
  await using stage = await ReportStage.begin();
  const late = neverSent(sending(4000), (one) => isPicture(one, 0, 480));
  await stage.play(late, 4100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'gaps');
  assert.deepEqual(
    report.gaps.map(({ track, cause }) => [track, cause]),
    [['video', 'undecodable']],
  );
  assert.equal(report.video?.leftOut.waitingForKeyFrame, 13);
  assert.ok((report.video?.keyFrameRequests ?? 0) >= 1);
});

/** A port whose writes wait while `isStanding`. */
const standingPort = (isStanding: () => boolean): SpoolPort => ({
  ...localPort,
  async create(path) {
    const file = await localPort.create(path);
    return {
      ...file,
      async write(bytes, position) {
        while (isStanding()) await nextTurn();
        await file.write(bytes, position);
      },
    };
  },
});

test('a disk that stands still for a while is the cause of what is left out meanwhile', async () => {
  let standing = false;
  await using stage = await ReportStage.begin(
    undefined,
    standingPort(() => standing),
  );
  // 25 MB in five seconds: more than may wait for one file.
  const deliveries = deliveriesOf(smallMedia(10_000, 200_000), { startMs: START_MS });
  await stage.play(deliveries, 500);
  while (stage.recorder.waitingBytes > 0) await nextTurn();
  standing = true;
  await stage.play(deliveries, 6500);
  standing = false;
  while (stage.recorder.waitingBytes > 0) await nextTurn();
  await stage.play(deliveries, 10_100);
  const { report } = await stage.end();
  assert.equal(report.verdict, 'gaps');
  assert.deepEqual([...new Set(report.gaps.map(({ track, cause }) => `${track} ${cause}`))], ['video disk']);
  const missing = 250 - (report.video?.frames ?? 0);
  const missingMs = report.gaps.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  assert.ok(missing > 30 && Math.abs(missingMs - 40 * missing) <= 3, `${missing} pictures, ${missingMs} ms`);
});

test('a disk that takes no more to the end: truncated, and its end is where the file ends', async () => {
  let full = false;
  const port: SpoolPort = {
    ...localPort,
    async create(path) {
      const file = await localPort.create(path);
      return {
        ...file,
        async write(bytes, position) {
          if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          await file.write(bytes, position);
        },
      };
    },
  };
  await using stage = await ReportStage.begin(undefined, port);
  const deliveries = sending(6000);
  await stage.play(deliveries, 3000);
  while (stage.recorder.waitingBytes > 0) await nextTurn();
  full = true;
  await stage.play(deliveries, 6100);
  await assert.rejects(stage.recorder.close('unpublished'), { reason: 'diskFull' });
  const { report } = await stage.finish();
  assert.deepEqual([report.verdict, report.reasons[0], report.ended], ['truncated', 'diskFailed', undefined]);
});

test('while it is written the manifest holds a report of the last ten seconds, with what is open', async () => {
  await using stage = await ReportStage.begin();
  const deliveries = neverSent(sending(40_000), (one) => isPicture(one, 5000, 40_000));
  const read = async () => JSON.parse(await readFile(join(stage.folder, 'manifest.json'), 'utf8').catch(() => '{}'));
  // Virtual time waits for the disk, as real time does.
  for (let untilMs = 50; untilMs <= 32_000; untilMs += 50) {
    await stage.play(deliveries, untilMs);
    while (stage.recorder.waitingBytes > 0) await nextTurn();
  }
  let manifest = await read();
  while ((manifest.report?.countedUpToMs ?? 0) < 19_000) {
    await nextTurn();
    manifest = await read();
  }
  assert.equal(manifest.state, 'recording');
  assert.equal(manifest.report.verdict, 'complete');
  const [open] = manifest.report.gaps;
  assert.deepEqual([open.track, open.cause], ['video', 'unsent']);
  assert.ok(open.endMs >= 15_000, JSON.stringify(open));
  await stage.play(deliveries, 40_100);
  const { report } = await stage.end();
  assert.deepEqual([gapsOf(report, 'video').length, gapsOf(report, 'audio')], [1, []]);
});

test('which layer was recorded, from when on; going over to another is no gap', async () => {
  await using stage = await ReportStage.begin();
  const larger = sending(4000)
    .filter((one) => one.kind === 'packet' && one.track === 'video')
    .map((one) => (one.kind === 'packet' ? { ...one, packet: { ...one.packet, ssrc: 3 } } : one));
  const both = [...sending(4000), ...larger].sort((one, other) => one.atMs - other.atMs);
  stage.recorder.handleLayer({ ssrc: 2, name: 'h', atMs: START_MS });
  await stage.play(both, 1500);
  stage.recorder.handleLayer({ ssrc: 3, name: 'f', atMs: START_MS + 1500 });
  await stage.play(both, 4100);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.gaps, report.video?.frames], ['complete', [], 100]);
  const [first, second, ...others] = report.video?.layers ?? [];
  assert.deepEqual([first?.rid, second?.rid, others], ['h', 'f', []]);
  // The first key frame behind the wish.
  assert.ok(Math.abs((second?.atMs ?? 0) - (first?.atMs ?? 0) - 2000) <= 5, JSON.stringify(report.video?.layers));
});

test('a layer switch is in the manifest soon after it, for a crash', async () => {
  await using stage = await ReportStage.begin();
  const larger = sending(4000)
    .filter((one) => one.kind === 'packet' && one.track === 'video')
    .map((one) => (one.kind === 'packet' ? { ...one, packet: { ...one.packet, ssrc: 3 } } : one));
  const both = [...sending(4000), ...larger].sort((one, other) => one.atMs - other.atMs);
  stage.recorder.handleLayer({ ssrc: 2, name: 'h', atMs: START_MS });
  await stage.play(both, 1500);
  stage.recorder.handleLayer({ ssrc: 3, name: 'f', atMs: START_MS + 1500 });
  const read = async () => JSON.parse(await readFile(join(stage.folder, 'manifest.json'), 'utf8').catch(() => '{}'));
  // The cut is at the key frame of 2 s, which is released after 400 ms.
  for (let untilMs = 1550; untilMs <= 3000; untilMs += 50) {
    await stage.play(both, untilMs);
    while (stage.recorder.waitingBytes > 0) await nextTurn();
  }
  let manifest = await read();
  while (manifest.report?.video.layers.length !== 2) {
    await nextTurn();
    manifest = await read();
  }
  assert.deepEqual(
    manifest.report.video.layers.map(({ rid }: { rid: string }) => rid),
    ['h', 'f'],
  );
  await stage.end();
});

test('a publication that goes on without layers says so', async () => {
  await using stage = await ReportStage.begin();
  stage.recorder.handleLayer({ ssrc: 2, name: 'h', atMs: START_MS });
  await stage.play(sending(2000), 3000);
  stage.recorder.resume('newConnection');
  await stage.play(deliveriesOf(smallMedia(2000), { startMs: START_MS + 3000, firstSequenceNumber: 900 }), 5100);
  const { report } = await stage.end();
  assert.deepEqual(
    report.video?.layers.map(({ rid }) => rid),
    ['h', undefined],
  );
});
