import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArrivalGroups, type GroupDelta } from './bitrate-arrival-groups.ts';
import { type NetworkUsage, Trendline } from './bitrate-trendline.ts';

const STEP_MS = 10;

/** Groups sent every 10 ms that arrive by these delays. */
const usagesOf = (delaysMs: readonly number[], trendline = new Trendline()): NetworkUsage[] =>
  delaysMs.slice(1).map((delayMs, index) => {
    const arrivedMs = STEP_MS + delayMs - (delaysMs[index] ?? 0);
    return trendline.update({ sentMs: STEP_MS, arrivedMs, arrivalMs: index * STEP_MS + delayMs });
  });

const many = (count: number, delayOf: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, index) => delayOf(index));

test('an even delay is normal, and so is one that jumps about', () => {
  assert.ok(usagesOf(many(200, () => 30)).every((usage) => usage === 'normal'));
  assert.ok(usagesOf(many(200, (index) => 30 + (index % 7))).every((usage) => usage === 'normal'));
});

test('a queue that grows is overuse within a third of a second, and one that drains underuse', () => {
  const filling = many(60, (index) => 20 + Math.max(0, index - 30) * 3);
  const usages = usagesOf([...filling, ...many(30, (index) => 107 - 3 * index)]);
  const first = usages.indexOf('overusing');
  assert.ok(first > 30 && first < 60, String(first));
  assert.ok(usages.slice(60).includes('underusing'));
});

test('a sender that begins with far too much is found before twenty groups', () => {
  assert.ok(usagesOf(many(15, (index) => 20 + 8 * index)).includes('overusing'));
});

test('a full queue grows no more, and is overuse all the same; a longer way is that only for a while', () => {
  const usages = usagesOf([...many(100, () => 20), ...many(600, () => 300)]);
  const over = usages.flatMap((usage, index) => (usage === 'overusing' ? [index] : []));
  assert.ok(over.length >= 3);
  assert.ok((over.at(-1) ?? 0) < 500, String(over.at(-1)));
});

test('a stall that is over when it is seen is none', () => {
  const stall = [...many(100, () => 20), ...many(10, (index) => 120 - 10 * index), ...many(100, () => 20)];
  const after = usagesOf(stall).slice(112);
  assert.ok(after.every((usage) => usage !== 'overusing'));
});

const deltasOf = (packets: readonly (readonly [sentMs: number, arrivalMs: number])[]): GroupDelta[] => {
  const groups = new ArrivalGroups();
  return packets.flatMap(([sentMs, arrivalMs]) => groups.push(sentMs, arrivalMs) ?? []);
};

test('packets sent within 5 ms are one group, judged by its last', () => {
  const deltas = deltasOf([
    [0, 100],
    [3, 104],
    [20, 125],
    [22, 130],
    [40, 150],
  ]);
  assert.deepEqual(deltas, [{ sentMs: 19, arrivedMs: 26, arrivalMs: 130 }]);
});

test('what was held up and came at once is one group', () => {
  const deltas = deltasOf([
    [0, 0],
    [20, 100],
    [40, 100],
    [60, 101],
    [80, 120],
  ]);
  assert.deepEqual(deltas, [{ sentMs: 60, arrivedMs: 101, arrivalMs: 101 }]);
});

test('old packets and clocks that leap say nothing', () => {
  assert.deepEqual(
    deltasOf([
      [0, 0],
      [20, 20],
      [10, 25],
      [20_000, 30],
      [20_020, 50],
    ]).map(({ sentMs }) => sentMs),
    [20],
  );
});

test('a sender whose clock goes back, with another stream, is followed from there', () => {
  const before = Array.from({ length: 5 }, (_, index) => [90_000 + index * 20, index * 20] as const);
  const anew = Array.from({ length: 5 }, (_, index) => [index * 20, 100 + index * 20] as const);
  assert.equal(deltasOf([...before, ...anew]).length, 3 + 3);
});
