import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seededChance } from '../seeded-chance.ts';
import { Link, type LinkConditions, OPEN_LINK } from './link.ts';

/** 1,000 bytes with their headers, 8 ms at 1 Mbit/s. */
const PACKET_BYTES = 972;
const THIN: LinkConditions = { bitsPerSecond: 1_000_000, delayMs: 20, queueMs: 80, lossRate: 0 };

/** A link on virtual time, and when each packet came out of it. */
const make = (context: TestContext, conditions: LinkConditions) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const link = new Link({ conditions, nowMs: Date.now, chance: seededChance(1) });
  const arrived: { index: number; atMs: number }[] = [];
  const send = (index: number): void => link.send(PACKET_BYTES, () => arrived.push({ index, atMs: Date.now() }));
  const tick = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 1) context.mock.timers.tick(1);
  };
  return { link, arrived, send, tick };
};

test('an open link holds nothing back', (context) => {
  const { arrived, send } = make(context, OPEN_LINK);
  send(1);
  assert.deepEqual(arrived, [{ index: 1, atMs: 0 }]);
});

test('packets leave at its rate, and come after its delay', (context) => {
  const { arrived, send, tick } = make(context, THIN);
  for (const index of [1, 2, 3]) send(index);
  tick(1000);
  assert.deepEqual(arrived, [
    { index: 1, atMs: 28 },
    { index: 2, atMs: 36 },
    { index: 3, atMs: 44 },
  ]);
});

test('who would wait longer than its queue is dropped; a pause empties it', (context) => {
  const { link, arrived, send, tick } = make(context, THIN);
  for (let index = 0; index < 20; index += 1) send(index);
  assert.deepEqual([link.sent, link.dropped], [20, 9]);
  tick(500);
  send(20);
  tick(500);
  assert.equal(link.dropped, 9);
  assert.deepEqual(arrived.at(-1), { index: 20, atMs: 528 });
});

test('it may change: order stays', (context) => {
  const { link, arrived, send, tick } = make(context, THIN);
  for (const index of [1, 2, 3]) send(index);
  link.change(OPEN_LINK);
  send(4);
  tick(1000);
  assert.deepEqual(
    arrived.map(({ index }) => index),
    [1, 2, 3, 4],
  );
});

test('loss by chance, the same for the same seed', (context) => {
  const { link, send } = make(context, { ...OPEN_LINK, lossRate: 0.05 });
  for (let index = 0; index < 1000; index += 1) send(index);
  assert.ok(link.dropped > 30 && link.dropped < 70);
});

test('when it closes nothing comes any more', (context) => {
  const { link, arrived, send, tick } = make(context, THIN);
  send(1);
  link.close();
  tick(1000);
  assert.deepEqual(arrived, []);
});
