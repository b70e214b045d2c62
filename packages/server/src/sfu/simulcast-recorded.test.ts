/** Simulcast on virtual time, from packets to the file: what counts is which picture stands in it, of which layer, and when. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import { IndexReader } from '@callreel/media/matroska/index-reader.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import { seededChance } from '@callreel/synthetic/seeded-chance.ts';
import { readManifest } from '../recorder/manifest.ts';
import { PublicationRecorder } from '../recorder/publication-recorder.ts';
import { specOf } from '../recorder/virtual-publisher-fixture.ts';
import { Receiver } from './receive/receiver.ts';
import type { ReceiverStats } from './receive/receiver-stats.ts';
import {
  readPicture,
  simulcastOffer,
  type VirtualLayer,
  VirtualSimulcast,
  type VirtualSimulcastOptions,
} from './receive/simulcast-sender-fixture.ts';

const START_MS = 5000;
/** Pictures of 30 a second. */
const FRAME_MS = 1000 / 30;

const LOW: VirtualLayer = { rid: 'q', ssrc: 1, width: 320, height: 180, firstTimestamp: 2 ** 32 - 90_000 };
const MIDDLE: VirtualLayer = { rid: 'h', ssrc: 2, width: 640, height: 360, firstTimestamp: 123_456_789 };
const TOP: VirtualLayer = { rid: 'f', ssrc: 3, width: 1280, height: 720, firstTimestamp: 7 };

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulcast-'));
});
after(() => rm(folder, { recursive: true }));

type Picture = { counter: number; ssrc: number; timeMs: number; keyFrame: boolean };
type Recorded = { pictures: Picture[]; report: RecordingReport; sender: VirtualSimulcast; stats: ReceiverStats };

const readFileOf = async (spoolDir: string, recordingKey: string): Promise<Picture[]> => {
  const index = new IndexReader().push(await readFile(join(spoolDir, recordingKey, 'index')));
  const media = await readFile(join(spoolDir, recordingKey, 'media'));
  return index.flatMap(({ line }) => {
    if (line.kind !== 'video') return [];
    const { offset, length, timeMs, keyFrame } = line;
    return [{ ...readPicture(media.subarray(offset, offset + length)), timeMs, keyFrame }];
  });
};

const record = async (
  durationMs: number,
  options: Partial<VirtualSimulcastOptions> & Pick<VirtualSimulcastOptions, 'layers'>,
  at: (mediaMs: number, recorder: PublicationRecorder) => void = () => {},
): Promise<Recorded> => {
  const spec = specOf({ video: { codec: 'VP8' } }, 0);
  const spoolDir = await mkdtemp(join(folder, 'spool-'));
  let nowMs = START_MS;
  const sender = new VirtualSimulcast({ framesPerSecond: 30, startMs: START_MS, ...options });
  const recorder: PublicationRecorder = new PublicationRecorder({
    spec,
    spoolDir,
    nowMs: () => nowMs,
    requestKeyFrame: (sinceMs) => receiver.requestKeyFrame(nowMs, undefined, sinceMs),
    onError: (error) => assert.fail(error),
  });
  const offer = parseOffer(simulcastOffer(options.layers.map(({ rid }) => rid)));
  const receiver = new Receiver({
    choice: chooseMedia(offer, { audioCodecs: ['opus'], videoCodecs: ['VP8'] }),
    ssrc: 99,
    send: (bytes) => sender.handleRtcp(bytes, nowMs),
    sink: {
      handlePacket: (track, packet, atMs) => recorder.handlePacket(track, packet, atMs),
      handleSenderReport: (track, report, atMs) => recorder.handleSenderReport(track, report, atMs),
      handleLayer: (layer) => recorder.handleLayer(layer),
      handleSourceChange: () => assert.fail('layers are no other source'),
    },
    nowMs,
  });
  for (; nowMs <= START_MS + durationMs; nowMs += 10) {
    for (const { bytes, atMs } of sender.arrivedBy(nowMs)) receiver.handlePacket(bytes, atMs);
    receiver.tick(nowMs);
    at(nowMs - START_MS, recorder);
    if (nowMs % 50 !== 0) continue;
    recorder.tick(nowMs);
    await nextTurn();
  }
  await recorder.close('unpublished');
  const pictures = await readFileOf(spoolDir, spec.recordingKey);
  const { report = assert.fail('no report') } = (await readManifest(join(spoolDir, spec.recordingKey))) ?? {};
  return { pictures, report, sender, stats: receiver.stats(nowMs) };
};

/** Every picture once, in order, each at its time; the first may be any. Answers the layers in the order in which they come. */
const assertWhole = ({ pictures }: Recorded, hole?: { maxPictures: number; count: number }): number[] => {
  const first = pictures[0] ?? assert.fail('no picture');
  let holes = 0;
  pictures.forEach(({ counter, timeMs }, index) => {
    assert.ok(Math.abs(timeMs - first.timeMs - (counter - first.counter) * FRAME_MS) <= 8, `${counter} at ${timeMs}`);
    const before = pictures[index - 1];
    if (before === undefined || counter === before.counter + 1) return;
    const missing = counter - before.counter - 1;
    assert.ok(missing > 0 && missing <= (hole?.maxPictures ?? 0), `${missing} missing before ${counter}`);
    holes += 1;
  });
  assert.equal(holes, hole?.count ?? 0);
  assert.ok(pictures[0]?.keyFrame);
  const changes = pictures.filter(({ ssrc }, index) => ssrc !== pictures[index - 1]?.ssrc);
  assert.ok(changes.every(({ keyFrame }) => keyFrame));
  return changes.map(({ ssrc }) => ssrc);
};

const namesOf = ({ report }: Recorded) => report.video?.layers.map(({ rid }) => rid);

test('of three layers that begin together the largest is the file', async () => {
  const recorded = await record(6000, { layers: [TOP, MIDDLE, LOW] });
  assert.deepEqual(assertWhole(recorded), [TOP.ssrc]);
  assert.equal(recorded.pictures[0]?.counter, 0);
  assert.deepEqual(namesOf(recorded), ['f']);
  assert.deepEqual(
    recorded.report.video?.sizes.map(({ width, height }) => [width, height]),
    [[1280, 720]],
  );
  assert.deepEqual(recorded.stats.pictureSize, { width: 1280, height: 720 });
  assert.deepEqual(
    recorded.stats.sources.map(({ layer }) => layer),
    ['f', 'h', 'q'],
  );
});

test('a larger layer that starts late is taken over without a picture missing or twice', async () => {
  const recorded = await record(8000, {
    layers: [LOW, { ...MIDDLE, isActive: (ms) => ms > 1500 }, { ...TOP, isActive: (ms) => ms > 3000 }],
  });
  assert.deepEqual(assertWhole(recorded), [LOW.ssrc, MIDDLE.ssrc, TOP.ssrc]);
  assert.equal(recorded.pictures[0]?.counter, 0);
});

test('the target alone is asked for a key frame', async () => {
  const { sender } = await record(5000, { layers: [LOW, { ...TOP, isActive: (ms) => ms > 1500 }] });
  const late = sender.keyFrameRequests.filter(({ mediaMs }) => mediaMs > 3000);
  assert.ok(late.length > 0);
  assert.deepEqual(new Set(late.map(({ ssrc }) => ssrc)), new Set([TOP.ssrc]));
});

test('a key frame that is late is waited for on the old layer', async () => {
  const recorded = await record(9000, {
    layers: [LOW, { ...TOP, isActive: (ms) => ms > 1000, answersAfterMs: 1700 }],
  });
  assert.deepEqual(assertWhole(recorded), [LOW.ssrc, TOP.ssrc]);
});

test('a layer without key frames never takes over, and is asked less and less', async () => {
  const recorded = await record(20_000, {
    layers: [LOW, { ...TOP, isActive: (ms) => ms > 1000, answersAfterMs: Number.POSITIVE_INFINITY }],
  });
  assert.deepEqual(assertWhole(recorded), [LOW.ssrc]);
  assert.ok(recorded.pictures.length > 580);
  const asked = recorded.sender.keyFrameRequests.filter(({ ssrc }) => ssrc === TOP.ssrc);
  assert.ok(asked.length > 3 && asked.length < 9, `${asked.length} requests`);
});

test('a layer that dies gives way to the next lower one, and takes over again when it has come back for good', async () => {
  const recorded = await record(14_000, {
    layers: [LOW, MIDDLE, { ...TOP, isActive: (ms) => ms < 4000 || ms > 8000 }],
  });
  // What it takes to know that it is dead, and to get a key frame of the other.
  const order = assertWhole(recorded, { maxPictures: 27, count: 1 });
  assert.deepEqual(order, [TOP.ssrc, MIDDLE.ssrc, TOP.ssrc]);
  assert.deepEqual(namesOf(recorded), ['f', 'h', 'f']);
});

test('a layer that comes and goes is left alone', async () => {
  const recorded = await record(15_000, {
    layers: [LOW, { ...TOP, isActive: (ms) => ms < 2500 || ms % 2500 < 1500 }],
  });
  assert.deepEqual(assertWhole(recorded, { maxPictures: 27, count: 1 }), [TOP.ssrc, LOW.ssrc]);
});

test('when all fall silent together, none is taken for dead', async () => {
  const isActive = (ms: number): boolean => ms < 3000 || ms > 5000;
  const layers = [LOW, MIDDLE, TOP].map((layer) => ({ ...layer, isActive }));
  const recorded = await record(9000, { layers });
  assert.deepEqual(assertWhole(recorded, { maxPictures: 61, count: 1 }), [TOP.ssrc]);
});

test('a large key frame that is long on its way still cuts where it was taken', async () => {
  const transitMs = (_: number, keyFrame: boolean): number => (keyFrame ? 190 : 40);
  const recorded = await record(8000, { layers: [LOW, { ...TOP, isActive: (ms) => ms > 1000, transitMs }] });
  assert.deepEqual(assertWhole(recorded), [LOW.ssrc, TOP.ssrc]);
});

test('a still screen of one picture a second in two layers is no dead one', async () => {
  const recorded = await record(30_000, { layers: [LOW, TOP], framesPerSecond: 1 });
  assert.deepEqual(
    recorded.pictures.map(({ counter, ssrc }) => [counter, ssrc]),
    Array.from({ length: 30 }, (_, counter) => [counter, TOP.ssrc]),
  );
});

test('5 % lost each way, with a layer that dies: every layer is repaired, and no picture is broken', async () => {
  const chance = seededChance(5);
  const recorded = await record(20_000, {
    layers: [LOW, MIDDLE, { ...TOP, isActive: (ms) => ms < 8000 || ms > 12_000 }],
    isLost: () => chance() < 0.05,
  });
  assert.deepEqual(assertWhole(recorded, { maxPictures: 40, count: 1 }), [TOP.ssrc, MIDDLE.ssrc, TOP.ssrc]);
  for (const { recovered, lost } of recorded.stats.sources) assert.ok(lost > 0 && recovered > 0.95 * lost);
});

test('sound of another source costs the picture no more than the way to its next key frame, on the same layer', async () => {
  const recorded = await record(8000, { layers: [LOW, MIDDLE, TOP] }, (mediaMs, recorder) => {
    if (mediaMs === 4000) recorder.resume('newSource');
  });
  assert.deepEqual(assertWhole(recorded, { maxPictures: 10, count: 1 }), [TOP.ssrc]);
  assert.deepEqual([...new Set(namesOf(recorded))], ['f']);
});

test('a layer that dies in a pause: another goes on behind it, with a key frame of its own and no picture of the pause', async () => {
  const isActive = (ms: number): boolean => ms < 5000;
  const recorded = await record(12_000, { layers: [LOW, MIDDLE, { ...TOP, isActive }] }, (mediaMs, recorder) => {
    if (mediaMs === 4000) recorder.handlePause(true);
    if (mediaMs === 8000) recorder.handlePause(false);
  });
  assert.deepEqual(assertWhole(recorded, { maxPictures: 130, count: 1 }), [TOP.ssrc, MIDDLE.ssrc]);
  assert.ok(!recorded.pictures.some(({ counter }) => counter * FRAME_MS > 4000 && counter * FRAME_MS < 7900));
  assert.equal(recorded.report.verdict, 'complete');
  assert.deepEqual(new Set(recorded.report.gaps.map(({ cause }) => cause)), new Set(['pause']));
});

test('a key frame that came just before a pause was over is of no use: another one is asked for at once', async () => {
  const { pictures, report } = await record(8000, { layers: [TOP] }, (mediaMs, recorder) => {
    if (mediaMs === 3000 || mediaMs === 3400) recorder.handlePause(true);
    if (mediaMs === 3200 || mediaMs === 3600) recorder.handlePause(false);
  });
  const back = pictures.find(({ counter }) => counter * FRAME_MS > 3500);
  assert.ok(back?.keyFrame && back.counter * FRAME_MS < 4200, JSON.stringify(back));
  assert.equal(report.verdict, 'complete');
});
