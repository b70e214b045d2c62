import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Area, contains, layOut, letterbox, type Occupant } from './layout.ts';

const WIDTH = 1280;
const HEIGHT = 720;
const CANVAS: Area = { x: 0, y: 0, width: WIDTH, height: HEIGHT };

const cameras = (count: number): Occupant[] =>
  Array.from({ length: count }, (_, index) => ({ kind: 'av', startMs: index * 1000 }));
const screen = (startMs: number): Occupant => ({ kind: 'desktop', startMs });
const overlap = (a: Area, b: Area): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const occupants = fc.array(
  fc.record({ kind: fc.constantFrom('av' as const, 'desktop' as const), startMs: fc.nat(100_000) }),
  { maxLength: 60 },
);

describe('layout', () => {
  test('tiles lie inside the canvas, on even pixels, and never overlap', () => {
    fc.assert(
      fc.property(occupants, (present) => {
        const areas = layOut(present, WIDTH, HEIGHT);
        assert.equal(areas.length, present.length);
        for (const [index, area] of areas.entries()) {
          assert.ok(contains(CANVAS, area));
          assert.ok(area.width > 0 && area.height > 0);
          for (const edge of [area.x, area.y, area.width, area.height]) assert.equal(edge % 2, 0);
          assert.ok(!areas.slice(index + 1).some((other) => overlap(area, other)));
        }
      }),
    );
  });

  test('cameras share the canvas evenly, a last row that is not full is centred', () => {
    assert.deepEqual(layOut(cameras(1), WIDTH, HEIGHT), [CANVAS]);
    assert.deepEqual(layOut(cameras(2), WIDTH, HEIGHT), [
      { x: 0, y: 0, width: 640, height: 720 },
      { x: 640, y: 0, width: 640, height: 720 },
    ]);
    assert.deepEqual(layOut(cameras(3), WIDTH, HEIGHT)[2], { x: 320, y: 360, width: 640, height: 360 });
    assert.deepEqual(layOut(cameras(4), WIDTH, HEIGHT)[3], { x: 640, y: 360, width: 640, height: 360 });
    const columnsAndRows = [5, 6, 7, 9, 10, 16].map((count) => {
      const areas = layOut(cameras(count), WIDTH, HEIGHT);
      return [new Set(areas.map(({ y }) => y)).size, areas.filter(({ y }) => y === areas[0]?.y).length];
    });
    assert.deepEqual(columnsAndRows, [
      [2, 3],
      [2, 3],
      [3, 3],
      [3, 3],
      [3, 4],
      [4, 4],
    ]);
  });

  test('a shared screen is large on the left, the others in a column beside it from the top', () => {
    assert.deepEqual(layOut([cameras(1)[0] as Occupant, screen(500)], WIDTH, HEIGHT), [
      { x: 960, y: 0, width: 320, height: 180 },
      { x: 0, y: 0, width: 960, height: 720 },
    ]);
    assert.deepEqual(layOut([screen(500)], WIDTH, HEIGHT), [CANVAS]);
    const four = layOut([...cameras(4), screen(500)], WIDTH, HEIGHT);
    assert.deepEqual(
      four.slice(0, 4).map(({ y }) => y),
      [0, 180, 360, 540],
    );
  });

  test('of several screens the newest is large and the others join the column', () => {
    const areas = layOut([screen(2000), screen(1000), ...cameras(1)], WIDTH, HEIGHT);
    assert.deepEqual(
      areas.map(({ width }) => width),
      [960, 320, 320],
    );
  });

  test('those who are there keep their place beside a screen when another joins', () => {
    const before = layOut([screen(0), ...cameras(2)], WIDTH, HEIGHT);
    const after = layOut([screen(0), ...cameras(3)], WIDTH, HEIGHT);
    assert.deepEqual(after.slice(0, 3), before);
  });

  test('a picture keeps its proportions and touches two opposite sides of its tile', () => {
    const side = fc.integer({ min: 16, max: 4096 });
    const even = fc.integer({ min: 20, max: 640 }).map((half) => 2 * half);
    fc.assert(
      fc.property(side, side, even, even, (width, height, tileWidth, tileHeight) => {
        const tile = { x: 2, y: 4, width: tileWidth, height: tileHeight };
        const inner = letterbox({ width, height }, tile);
        assert.ok(contains(tile, inner));
        assert.ok(inner.width === tileWidth || inner.height === tileHeight);
        const scale = Math.min(tileWidth / width, tileHeight / height);
        assert.ok(Math.abs(inner.width - Math.max(2, width * scale)) <= 1.01);
        assert.ok(Math.abs(inner.height - Math.max(2, height * scale)) <= 1.01);
      }),
    );
  });
});
