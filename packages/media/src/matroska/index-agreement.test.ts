import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from './block.ts';
import { readBlocks, readElements } from './element-reader-fixture.ts';
import { FinishPlanner } from './finish.ts';
import { SEGMENT_DATA_OFFSET, type VideoTrack } from './header.ts';
import { type Agreement, IndexAgreement } from './index-agreement.ts';
import { formatIndexLine } from './index-line.ts';
import { IndexReader } from './index-reader.ts';
import { type LiveRecording, recordLive } from './live-recording-fixture.ts';

const PICTURE: VideoTrack = { codec: 'VP8', width: 64, height: 48, codecPrivate: undefined };

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const video = (timeMs: number, keyFrame: boolean): Block => ({ kind: 'video', timeMs, keyFrame, data: bytes(30, 1) });
const audio = (timeMs: number): Block => ({ kind: 'audio', timeMs, durationMs: 20, data: bytes(9, 2) });

const small = (): LiveRecording =>
  recordLive(
    [
      { blocks: [audio(7)] },
      { blocks: [video(20, true), audio(27), video(60, false)], picture: PICTURE },
      { blocks: [audio(1047), video(1100, true), audio(6067)] },
    ],
    6100,
  );

const agreementOf = ({ media, index }: LiveRecording): IndexAgreement => {
  const agreement = new IndexAgreement(media.length);
  for (const placed of new IndexReader().push(index)) agreement.push(placed);
  return agreement;
};

/** As the repair does it: the sizes first, then what lies under the last blocks. */
const agreed = (recording: LiveRecording): Agreement => {
  const agreement = agreementOf(recording);
  for (const { offset, header, before } of agreement.tail()) {
    if (Buffer.compare(recording.media.subarray(offset, offset + header.length), header) !== 0) return before;
  }
  return agreement.agreed;
};

const framesIn = (index: Uint8Array): number =>
  new IndexReader().push(index).filter(({ line }) => line.kind === 'video' || line.kind === 'audio').length;

/** How many blocks the finished file has when it is made of what the two agree on; the same as the index says. */
const remaining = (recording: LiveRecording): number => {
  const { fileEnd, indexEnd } = agreed(recording);
  const index = recording.index.subarray(0, indexEnd);
  const planner = new FinishPlanner({ audio: { codec: 'opus', channels: 1 }, video: 'VP8' });
  for (const { line } of new IndexReader().push(index)) planner.push(line);
  const plan = planner.plan();
  assert.equal(plan?.framesEnd ?? 0, fileEnd);
  const file = new Uint8Array(plan?.sizeBytes ?? 0);
  file.set(recording.media.subarray(0, fileEnd));
  if (plan) file.set(plan.append, plan.framesEnd);
  for (const patch of plan?.patches ?? []) file.set(patch.bytes, patch.offset);
  const blocks = readBlocks(file, readElements(file));
  assert.equal(framesIn(index), blocks.length);
  return blocks.length;
};

test('a whole recording is agreed on to its end', () => {
  const recording = small();
  assert.deepEqual(agreed(recording), { fileEnd: recording.media.length, indexEnd: recording.index.length });
});

test('a file cut at any byte keeps all its whole blocks', () => {
  const { media, index } = small();
  let most = 0;
  for (let end = 0; end <= media.length; end++) {
    const blocks = remaining({ media: media.slice(0, end), index });
    assert.ok(blocks >= most, `at ${end}`);
    most = blocks;
  }
  assert.equal(most, 7);
});

test('an index cut at any byte keeps all its whole lines', () => {
  const { media, index } = small();
  for (let end = 0; end <= index.length; end++) {
    const cut = index.slice(0, end);
    const whole = framesIn(cut);
    assert.equal(remaining({ media, index: cut }), whole, `at ${end}`);
  }
});

test('blocks that a power failure emptied end the file, though it is as long as ever', () => {
  const { media, index } = small();
  const offsets = readBlocks(media, readElements(media, SEGMENT_DATA_OFFSET)).map(({ offset }) => offset);
  offsets.forEach((offset, whole) => {
    const emptied = media.slice();
    emptied.fill(0, offset);
    const agreement = agreementOf({ media: emptied, index });
    const broken = agreement.tail().find((block) => emptied[block.offset] === 0);
    assert.equal(broken?.offset, offset);
    assert.equal(framesIn(index.subarray(0, broken.before.indexEnd)), whole);
  });
});

test('lines that contradict each other or the file are not believed', () => {
  const start = 'callreel-index 1 0\n';
  const picture = 'p 64 48 -\n';
  const cluster = 'c 4096 0\n';
  const good = formatIndexLine({ kind: 'video', offset: 4120, length: 30, timeMs: 5, keyFrame: true });
  const fileEnds = (text: string) =>
    agreed({ media: bytes(10_000, 0), index: new TextEncoder().encode(text) }).fileEnd === 0 &&
    agreementOf({ media: bytes(10_000, 0), index: new TextEncoder().encode(text) }).agreed.fileEnd === 0;
  assert.equal(
    agreementOf({ media: bytes(10_000, 0), index: new TextEncoder().encode(start + picture + cluster + good) }).agreed
      .fileEnd,
    4150,
  );
  for (const text of [
    picture + cluster + good,
    start + start + picture + cluster + good,
    start + cluster + good,
    start + picture + good,
    `${start + picture}c 4097 0\n${good}`,
    `${start + picture + cluster}v 4121 30 5 k\n`,
    `${start + picture + cluster}v 4120 30000 5 k\n`,
    `${start + picture + cluster}v 4120 30 40000 k\n`,
    `${start + picture + cluster}v 4120 900719925474099 5 k\n`,
  ]) {
    assert.ok(fileEnds(text), text);
  }
});

test('of a long recording only the last minute is looked at, all of it', () => {
  const blocks = Array.from({ length: 20_000 }, (_, index) => audio(7 + 20 * index));
  const recording = recordLive([{ blocks }]);
  const tail = agreementOf(recording).tail();
  assert.equal(tail.length, 3001);
  assert.deepEqual(agreed(recording), { fileEnd: recording.media.length, indexEnd: recording.index.length });
});
