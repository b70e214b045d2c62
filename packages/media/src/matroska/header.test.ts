import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataOf, findAll, type ReadElement, readElements, unsignedOf } from './element-reader-fixture.ts';
import {
  HEADER_BYTES,
  type HeaderFacts,
  MAX_CODEC_PRIVATE_BYTES,
  renderHeader,
  SEGMENT_DATA_OFFSET,
} from './header.ts';

const NOTHING: HeaderFacts = { docType: 'webm', audio: undefined, video: undefined, finished: undefined };
const H264_TRACK = { codec: 'H264', width: 1280, height: 720, codecPrivate: Uint8Array.of(1, 66, 0, 31) } as const;
const FULL: HeaderFacts = {
  docType: 'matroska',
  audio: { codec: 'opus', channels: 2 },
  video: H264_TRACK,
  finished: { durationMs: 61_234.5, cuesOffset: 70_000, sizeBytes: 70_500 },
};

/** The Segment runs on behind the header. */
const readHeader = (facts: HeaderFacts, fileBytes = HEADER_BYTES): { bytes: Uint8Array; elements: ReadElement[] } => {
  const bytes = new Uint8Array(fileBytes);
  bytes.set(renderHeader(facts));
  return { bytes, elements: readElements(bytes.subarray(0, HEADER_BYTES), SEGMENT_DATA_OFFSET) };
};

const places = (facts: HeaderFacts): number[] =>
  [0x1549a966, 0x1654ae6b].flatMap((id) => findAll(readHeader(facts).elements, id).map(({ offset }) => offset));

test('the header is as long, and its parts where they were, whatever is known', () => {
  const longest = {
    ...H264_TRACK,
    codecPrivate: new Uint8Array(MAX_CODEC_PRIVATE_BYTES),
    width: 65_535,
    height: 65_535,
  };
  const variants = [
    NOTHING,
    FULL,
    { ...NOTHING, audio: { codec: 'opus', channels: 1 } as const },
    { ...FULL, video: longest },
  ];
  for (const facts of variants) {
    assert.equal(renderHeader(facts).length, HEADER_BYTES);
    assert.deepEqual(places(facts), places(NOTHING));
  }
});

test('only the type differs between a WebM and a Matroska', () => {
  const webm = renderHeader({ ...FULL, docType: 'webm' });
  const matroska = renderHeader(FULL);
  const differing = [...webm].flatMap((byte, index) => (byte === matroska[index] ? [] : [index]));
  assert.ok(differing.every((index) => index < SEGMENT_DATA_OFFSET));
});

test('a live header has no duration and no end', () => {
  const { bytes, elements } = readHeader({ ...FULL, finished: undefined });
  assert.deepEqual(findAll(elements, 0x4489), []);
  assert.deepEqual(
    [...bytes.subarray(SEGMENT_DATA_OFFSET - 8, SEGMENT_DATA_OFFSET)],
    [1, 255, 255, 255, 255, 255, 255, 255],
  );
});

test('a finished header tells duration, size and where the cues are', () => {
  const { bytes, elements } = readHeader(FULL);
  const [duration] = findAll(elements, 0x4489);
  assert.ok(duration);
  assert.equal(new DataView(bytes.buffer).getFloat64(duration.dataOffset), 61_234.5);
  const positions = findAll(elements, 0x53ac).map((position) => unsignedOf(bytes, position));
  assert.deepEqual(positions, [
    ...places(FULL).map((offset) => offset - SEGMENT_DATA_OFFSET),
    70_000 - SEGMENT_DATA_OFFSET,
  ]);
  const size = Number(new DataView(bytes.buffer).getBigUint64(SEGMENT_DATA_OFFSET - 8) & 0xffffffffffffffn);
  assert.equal(size, 70_500 - SEGMENT_DATA_OFFSET);
});

test('a track that never came is not there', () => {
  const { elements } = readHeader({ ...FULL, video: undefined });
  assert.equal(findAll(elements, 0xae).length, 1);
  assert.equal(findAll(readHeader(NOTHING).elements, 0xae).length, 0);
});

test('an Opus track says what its decoder must skip', () => {
  const { bytes, elements } = readHeader(FULL);
  const value = (id: number) => findAll(elements, id).map((found) => unsignedOf(bytes, found));
  assert.deepEqual(value(0x56aa), [6_500_000]);
  assert.deepEqual(value(0x56bb), [80_000_000]);
  const opusHead = findAll(elements, 0x63a2).map((found) => dataOf(bytes, found))[1];
  assert.equal(Buffer.from(opusHead ?? []).toString('hex'), '4f70757348656164010238' + '0180bb0000000000');
});
