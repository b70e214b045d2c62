import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SequenceMap } from './sequence-map.ts';

/** What comes of a source: a step to the next packet (over a hole), an older one again; or another source. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('next' as const), ahead: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('late' as const), behind: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'leaveOut' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lateLeaveOut' as const), behind: fc.integer({ min: 1, max: 40 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('switch' as const), to: fc.integer({ min: -70_000, max: 70_000 }) }),
  },
);

test('no number is given to two packets, the order is kept, and every number leads back to its packet', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const map = new SequenceMap();
      map.restart(100, 5000);
      let newest = 99;
      let first = 100;
      let run = 0;
      const given = new Map<number, string>();
      let ofRun: [number, number][] = [];
      for (const each of steps) {
        if (each.kind === 'switch') {
          map.restart(each.to, map.next);
          newest = each.to - 1;
          first = each.to;
          run += 1;
          ofRun = [];
          continue;
        }
        if (each.kind === 'leaveOut') {
          newest += 1;
          const { next } = map;
          assert.ok(map.leaveOut(newest) && map.next === next && map.map(newest) === undefined);
          continue;
        }
        if (each.kind === 'lateLeaveOut') {
          const index = newest - each.behind;
          assert.equal(map.leaveOut(index), index > newest - 41 && map.map(index) === undefined && index >= first);
          continue;
        }
        const index = each.kind === 'late' ? newest - each.behind : newest + each.ahead;
        newest = Math.max(newest, index);
        const out = map.map(index);
        if (out === undefined) continue;
        const packet = `${run}:${index}`;
        assert.ok((given.get(out) ?? packet) === packet, `${out} is ${given.get(out)} and ${packet}`);
        given.set(out, packet);
        ofRun.push([index, out]);
        assert.equal(map.indexOf(out), index);
      }
      const sorted = ofRun.toSorted(([one], [other]) => one - other);
      assert.deepEqual(
        sorted.map(([, out]) => out),
        sorted.map(([, out]) => out).toSorted((one, other) => one - other),
      );
    }),
  );
});

test('what was lost on the way in keeps its place, and what is older than is kept has none', () => {
  const map = new SequenceMap();
  map.restart(10, 0);
  assert.deepEqual([map.map(10), map.map(14), map.map(12), map.map(9)], [0, 4, 2, undefined]);
  map.map(2000);
  assert.deepEqual([map.map(14), map.indexOf(4), map.indexOf(1990)], [undefined, undefined, 2000]);
});
