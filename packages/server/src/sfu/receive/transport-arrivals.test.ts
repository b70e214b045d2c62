import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TransportArrivals } from './transport-arrivals.ts';

/** A packet every 5 ms. */
const receive = (arrivals: TransportArrivals, ...sequenceNumbers: number[]): void => {
  sequenceNumbers.forEach((sequenceNumber, index) => {
    arrivals.receive(sequenceNumber, index * 5);
  });
};

test('what came and what is missing, told once', () => {
  const arrivals = new TransportArrivals();
  assert.equal(arrivals.take(0), undefined);
  receive(arrivals, 7, 8, 10);
  assert.deepEqual(arrivals.take(10), { baseSequenceNumber: 7, arrivalsMs: [0, 5, undefined, 10] });
  assert.equal(arrivals.take(20), undefined);
  receive(arrivals, 11);
  assert.deepEqual(arrivals.take(20), { baseSequenceNumber: 11, arrivalsMs: [0] });
});

test('numbers that were lost between two feedbacks are in the second', () => {
  const arrivals = new TransportArrivals();
  receive(arrivals, 1);
  arrivals.take(0);
  receive(arrivals, 4);
  assert.deepEqual(arrivals.take(10), { baseSequenceNumber: 2, arrivalsMs: [undefined, undefined, 0] });
});

test('sequence numbers wrap', () => {
  const arrivals = new TransportArrivals();
  receive(arrivals, 65_534, 65_535, 0, 1);
  assert.deepEqual(arrivals.take(20), { baseSequenceNumber: 65_534, arrivalsMs: [0, 5, 10, 15] });
  receive(arrivals, 2);
  assert.equal(arrivals.take(20)?.baseSequenceNumber, 2);
});

test('a packet that comes after it was told lost is told as come, with those behind it', () => {
  const arrivals = new TransportArrivals();
  receive(arrivals, 1, 3);
  arrivals.take(10);
  arrivals.receive(2, 40);
  assert.deepEqual(arrivals.take(50), { baseSequenceNumber: 2, arrivalsMs: [40, 5] });
});

test('the first packet to come may have overtaken others', () => {
  const arrivals = new TransportArrivals();
  receive(arrivals, 10, 9);
  assert.deepEqual(arrivals.take(10), { baseSequenceNumber: 9, arrivalsMs: [5, 0] });
});

test('after a pause it goes on where it was', () => {
  const arrivals = new TransportArrivals();
  receive(arrivals, 1);
  arrivals.take(0);
  arrivals.receive(2, 60_000);
  assert.deepEqual(arrivals.take(60_010), { baseSequenceNumber: 2, arrivalsMs: [60_000] });
});

test('a leap is another count, not thousands lost', () => {
  for (const leap of [20_000, 50_000]) {
    const arrivals = new TransportArrivals();
    receive(arrivals, 1);
    arrivals.take(0);
    arrivals.receive(leap, 10);
    assert.deepEqual(arrivals.take(10), { baseSequenceNumber: leap, arrivalsMs: [10] });
  }
});

test('a sender that counts anew a little way back is followed soon', () => {
  const arrivals = new TransportArrivals();
  receive(arrivals, ...Array.from({ length: 200 }, (_, index) => 5000 + index));
  arrivals.take(5000);
  const anew = Array.from({ length: 25 }, (_, index) => 3000 + index);
  for (const sequenceNumber of anew) arrivals.receive(sequenceNumber, 6000);
  assert.equal(arrivals.take(6000)?.arrivalsMs.length, 6);
});

test('any numbers: what is told ends with an arrival, and nothing grows beyond its bound', () => {
  const step = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -70_000, max: 70_000 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 400 }), (steps) => {
      const arrivals = new TransportArrivals();
      let sequenceNumber = 0;
      steps.forEach(([by, take], index) => {
        sequenceNumber = (sequenceNumber + by) & 0xffff;
        arrivals.receive(sequenceNumber, index);
        const told = take ? arrivals.take(index) : undefined;
        assert.ok(told === undefined || (told.arrivalsMs.length <= 8193 && told.arrivalsMs.at(-1) !== undefined));
      });
    }),
  );
});
