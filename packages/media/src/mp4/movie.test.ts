import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MovieTrack, renderMovie, renderMovieHead } from './movie.ts';

type ReadBox = { type: string; start: number; end: number };

const CONTAINERS: Record<string, number> = { moov: 0, trak: 0, mdia: 0, minf: 0, stbl: 0 };

/** A plain reader of boxes, by path: `moov/trak/tkhd`. */
const readBoxes = (bytes: Buffer, start = 0, end = bytes.length, path = ''): ReadBox[] => {
  const boxes: ReadBox[] = [];
  for (let offset = start; offset < end; ) {
    const long = bytes.readUInt32BE(offset) === 1;
    const size = long ? Number(bytes.readBigUInt64BE(offset + 8)) : bytes.readUInt32BE(offset);
    const name = bytes.toString('latin1', offset + 4, offset + 8);
    const box = { type: path + name, start: offset + (long ? 16 : 8), end: offset + size };
    assert.ok(size >= 8 && box.end <= end, `${box.type} of ${size} bytes at ${offset}`);
    boxes.push(box, ...(name in CONTAINERS ? readBoxes(bytes, box.start, box.end, `${box.type}/`) : []));
    offset = box.end;
  }
  return boxes;
};

const track = (facts: Partial<MovieTrack>): MovieTrack => ({
  width: 640,
  height: 360,
  avcConfiguration: Uint8Array.of(1, 66, 0, 30),
  offsets: [4121],
  lengths: [100],
  timesMs: [0],
  keyFrames: [0],
  durationMs: 40,
  ...facts,
});

const tableOf = (movie: Buffer, type: string, width: 4 | 8): number[] => {
  const box = readBoxes(movie).find((each) => each.type === `moov/trak/mdia/minf/stbl/${type}`);
  assert.ok(box, type);
  const first = box.start + (type === 'stsz' ? 12 : 8);
  const values: number[] = [];
  for (let offset = first; offset < box.end; offset += width) {
    values.push(width === 4 ? movie.readUInt32BE(offset) : Number(movie.readBigUInt64BE(offset)));
  }
  return values;
};

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

test('the tables say where each picture is, how long, and when', () => {
  const pictures = fc.array(
    fc.record({
      gap: fc.integer({ min: 7, max: 2 ** 33 }),
      length: fc.integer({ min: 1, max: 10_000 }),
      durationMs: fc.integer({ min: 1, max: 90 }),
    }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(pictures, (all) => {
      let end = 4096;
      const offsets = all.map(({ gap, length }) => {
        end += gap + length;
        return end - length;
      });
      const timesMs = all.map((_, index) => sum(all.slice(0, index).map(({ durationMs }) => durationMs)));
      const durationMs = sum(all.map((picture) => picture.durationMs));
      const lengths = all.map(({ length }) => length);
      const movie = Buffer.from(renderMovie(track({ offsets, lengths, timesMs, durationMs })));
      assert.deepEqual(tableOf(movie, 'co64', 8), offsets);
      assert.deepEqual(tableOf(movie, 'stsz', 4), lengths);
      const runs = tableOf(movie, 'stts', 4);
      const durations = runs.flatMap((count, index) =>
        index % 2 === 0 ? Array<number>(count).fill(runs[index + 1] ?? 0) : [],
      );
      assert.deepEqual(
        durations,
        all.map((picture) => picture.durationMs),
      );
    }),
  );
});

test('pictures of one length share a run', () => {
  const timesMs = Array.from({ length: 1000 }, (_, index) => 40 * index);
  const offsets = timesMs.map((_, index) => 5000 + 200 * index);
  const movie = renderMovie(
    track({ timesMs, offsets, lengths: offsets.map(() => 100), durationMs: 40_000, keyFrames: [0, 250, 500] }),
  );
  assert.deepEqual(tableOf(Buffer.from(movie), 'stts', 4), [1000, 40]);
  assert.deepEqual(tableOf(Buffer.from(movie), 'stss', 4), [1, 251, 501]);
});

test('head and movie make the whole file one mdat and one moov', () => {
  const mediaEnd = 5 * 2 ** 30;
  const head = Buffer.from(renderMovieHead(mediaEnd));
  assert.equal(head.toString('latin1', 4, 8), 'ftyp');
  const mdat = head.readUInt32BE(0);
  assert.equal(head.readUInt32BE(mdat), 1);
  assert.equal(mdat + Number(head.readBigUInt64BE(mdat + 8)), mediaEnd);
  assert.deepEqual(
    readBoxes(Buffer.from(renderMovie(track({})))).map(({ type }) => type.split('/').at(-1)),
    [
      'moov',
      'mvhd',
      'trak',
      'tkhd',
      'mdia',
      'mdhd',
      'hdlr',
      'minf',
      'vmhd',
      'dinf',
      'stbl',
      'stsd',
      'stts',
      'stss',
      'stsc',
      'stsz',
      'co64',
    ],
  );
});
