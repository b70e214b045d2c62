import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Block } from './block.ts';
import { type Addition, ClusterWriter, type Patch } from './cluster.ts';
import { findAll, type ReadBlock, readBlocks, readElements } from './element-reader-fixture.ts';

const CLUSTER = 0x1f43b675;

const video = (timeMs: number, keyFrame = false, length = 10): Block => ({
  kind: 'video',
  timeMs,
  keyFrame,
  data: new Uint8Array(length).fill(timeMs),
});
const audio = (timeMs: number, length = 5): Block => ({
  kind: 'audio',
  timeMs,
  durationMs: 20,
  data: new Uint8Array(length).fill(timeMs),
});

/** What a disk would hold after these additions and patches. */
const fileOf = (additions: readonly Addition[], patches: readonly Patch[]): Uint8Array => {
  const bytes = new Uint8Array(additions.reduce((sum, addition) => sum + addition.bytes.length, 0));
  for (const addition of additions) bytes.set(addition.bytes, addition.offset);
  for (const patch of [...additions.flatMap((addition) => addition.patches), ...patches])
    bytes.set(patch.bytes, patch.offset);
  return bytes;
};

const write = (
  batches: readonly (readonly Block[])[],
): { additions: Addition[]; live: Uint8Array; closed: Uint8Array } => {
  const writer = new ClusterWriter(0);
  const additions = batches.map((batch) => writer.append(batch));
  return { additions, live: fileOf(additions, []), closed: fileOf(additions, writer.close()) };
};

const clustersOf = (bytes: Uint8Array) => findAll(readElements(bytes), CLUSTER);

const summaryOf = ({ track, timeMs, keyFrame, data }: Omit<ReadBlock, 'offset'>) => ({ track, timeMs, keyFrame, data });
const expected = (block: Block) =>
  summaryOf({
    track: block.kind === 'video' ? 1 : 2,
    timeMs: block.timeMs,
    keyFrame: block.kind === 'audio' || block.keyFrame,
    data: block.data,
  });

const blocks = fc.array(
  fc.record({
    kind: fc.constantFrom('video', 'audio'),
    timeMs: fc.oneof(fc.integer({ min: 0, max: 8000 }), fc.integer({ min: 0, max: 4_000_000_000 })),
    keyFrame: fc.boolean(),
    length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(122, 123, 16_378, 16_379, 20_000)),
  }),
  { maxLength: 12 },
);

test('every block is read back at its time, from a live file and from a closed one, in whatever order of times', () => {
  fc.assert(
    fc.property(fc.array(blocks, { maxLength: 4 }), (batches) => {
      const written = batches.map((batch) =>
        batch.map(({ kind, timeMs, keyFrame, length }) =>
          kind === 'video' ? video(timeMs, keyFrame, length) : audio(timeMs, length),
        ),
      );
      const { live, closed } = write(written);
      for (const bytes of [live, closed]) {
        assert.deepEqual(readBlocks(bytes, readElements(bytes)).map(summaryOf), written.flat().map(expected));
      }
    }),
  );
});

test('the lines tell where each block lies', () => {
  const { additions, closed } = write([[video(0, true), audio(5)], [], [video(6000), audio(6001, 200)]]);
  const lines = additions.flatMap(({ lines }) => lines);
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['cluster', 'video', 'audio', 'cluster', 'video', 'audio'],
  );
  for (const line of lines) {
    if (line.kind !== 'video' && line.kind !== 'audio') continue;
    assert.deepEqual(
      closed.slice(line.offset, line.offset + line.length),
      new Uint8Array(line.length).fill(line.timeMs),
    );
  }
});

test('a cluster ends after five seconds, or at a key frame after one', () => {
  const times = (bytes: Uint8Array) =>
    clustersOf(bytes).map((cluster) => readBlocks(bytes, [cluster]).map(({ timeMs }) => timeMs));
  assert.deepEqual(times(write([[audio(0), audio(4999), audio(5000)]]).closed), [[0, 4999], [5000]]);
  assert.deepEqual(times(write([[video(0, true), video(999, true), video(1000), video(1001, true)]]).closed), [
    [0, 999, 1000],
    [1001],
  ]);
});

test('a cluster gets its size when the next one begins', () => {
  const { additions, closed } = write([[audio(0)], [audio(6000)]]);
  assert.deepEqual(
    additions.map(({ patches }) => patches.length),
    [0, 1],
  );
  const [first, second] = clustersOf(closed);
  assert.equal(first?.end, second?.offset);
  assert.equal(second?.end, closed.length);
});

test('sound that comes a second late in the file still counts up from its cluster', () => {
  const { closed } = write([[video(60_000, true), audio(59_000), audio(61_000)]]);
  assert.equal(clustersOf(closed).length, 1);
  const times = readBlocks(closed, readElements(closed)).map(({ timeMs }) => timeMs);
  assert.deepEqual(times, [60_000, 59_000, 61_000]);
  const relative = findAll(readElements(closed), 0xa3).map(({ dataOffset }) =>
    new DataView(closed.buffer).getInt16(dataOffset + 1),
  );
  assert.ok(relative.every((ms) => ms >= 0));
});

test('times more than half a minute apart never share a cluster', () => {
  assert.equal(clustersOf(write([[audio(100_000), video(20_000)]]).closed).length, 2);
});
