import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RtpPacket } from '../rtp/packet.ts';
import type { OrderedPacket } from './ordered-packet.ts';
import { ReorderBuffer } from './reorder-buffer.ts';

const packet = (sequenceNumber: number, timestamp = sequenceNumber * 100): RtpPacket => ({
  payloadType: 96,
  marker: false,
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp: timestamp >>> 0,
  ssrc: 1,
  payload: Uint8Array.of(sequenceNumber & 0xff),
  extension: undefined,
});

const numbers = (packets: OrderedPacket[]): number[] => packets.map((each) => each.sequenceNumber);

const pushAll = (buffer: ReorderBuffer, sequence: number[], arrivalMs = 0): string[] =>
  sequence.map((number) => buffer.push(packet(number), arrivalMs));

test('packets out of order are released in order, once they are old enough', () => {
  const buffer = new ReorderBuffer();
  [11, 10, 13, 12].forEach((number, i) => void buffer.push(packet(number), i * 10));
  assert.deepEqual(numbers(buffer.release(-1)), []);
  assert.deepEqual(numbers(buffer.release(0)), [10, 11]);
  assert.equal(buffer.nextSequenceNumber, 12);
  assert.deepEqual(numbers(buffer.release(30)), [12, 13]);
  assert.equal(buffer.lostCount, 0);
});

test('numbers and timestamps go on past their wraps', () => {
  const buffer = new ReorderBuffer();
  buffer.push(packet(65535, 0xffffff00), 0);
  buffer.push(packet(1, 0x100), 0);
  buffer.push(packet(0, 0), 0);
  const released = buffer.release(0);
  assert.deepEqual(numbers(released), [65535, 65536, 65537]);
  assert.deepEqual(
    released.map((each) => each.rtpTimestamp),
    [0xffffff00, 0x100000000, 0x100000100],
  );
});

test('a hole is waited for until a packet behind it is old enough', () => {
  const buffer = new ReorderBuffer();
  buffer.push(packet(1), 0);
  buffer.push(packet(3), 20);
  assert.deepEqual(numbers(buffer.release(19)), [1]);
  assert.equal(buffer.push(packet(2), 300), 'accepted');
  assert.deepEqual(numbers(buffer.release(20)), [2, 3], 'a resent packet holds nothing');
  buffer.push(packet(6), 320);
  assert.deepEqual(numbers(buffer.release(320)), [6]);
  assert.equal(buffer.lostCount, 2);
  assert.equal(buffer.push(packet(5), 330), 'late');
  assert.equal(buffer.lateCount, 1);
});

test('duplicates are told from late packets, before and after the release', () => {
  const buffer = new ReorderBuffer();
  assert.deepEqual(pushAll(buffer, [1, 1, 3]), ['accepted', 'duplicate', 'accepted']);
  buffer.flush();
  assert.deepEqual(pushAll(buffer, [1, 2, 3]), ['duplicate', 'late', 'duplicate']);
  assert.deepEqual([buffer.duplicateCount, buffer.lateCount], [3, 1]);
});

test('what came before the first packet is welcome until something was released', () => {
  const buffer = new ReorderBuffer();
  pushAll(buffer, [0, 65535, 65534]);
  assert.deepEqual(numbers(buffer.flush()), [-2, -1, 0]);
  assert.deepEqual(pushAll(buffer, [65533]), ['late']);
});

for (const [name, from] of [
  ['forwards', 30_000],
  ['backwards', 60_000],
] as const) {
  test(`a sender that starts its numbers anew (${name}) goes on behind a hole`, () => {
    const buffer = new ReorderBuffer();
    pushAll(buffer, [1000, 1001, 1002]);
    const length = 12;
    pushAll(
      buffer,
      Array.from({ length }, (_, i) => from + i),
      10,
    );
    const out = buffer.release(10);
    const restarted = numbers(out.slice(3));
    assert.deepEqual(numbers(out.slice(0, 3)), [1000, 1001, 1002]);
    assert.ok((restarted[0] ?? 0) > 1003, 'the break is seen');
    assert.equal((restarted.at(-1) ?? 0) & 0xffff, from + length - 1, 'the numbers are those on the wire');
    assert.deepEqual(
      restarted,
      [...restarted].sort((a, b) => a - b),
    );
    assert.equal(buffer.restartCount, 1);
  });
}

test('a sender that starts anew just behind what was released is found out after a hundred packets', () => {
  const buffer = new ReorderBuffer();
  for (let number = 1000; number < 3000; number++) buffer.push(packet(number), 0);
  buffer.flush();
  const results = pushAll(
    buffer,
    Array.from({ length: 150 }, (_, i) => 1500 + i),
  );
  assert.equal(results.indexOf('accepted'), 99);
  assert.equal(buffer.restartCount, 1);
  assert.equal(buffer.flush().length, 52);
});

test('a single packet from far away disturbs nothing', () => {
  const buffer = new ReorderBuffer();
  pushAll(buffer, [1, 2, 20_000, 3, 40_000, 4]);
  assert.deepEqual(numbers(buffer.flush()), [1, 2, 3, 4]);
  assert.equal(buffer.restartCount, 0);
});

test('a loss of fewer than 3000 packets is a loss', () => {
  const buffer = new ReorderBuffer({ maxPackets: 64 });
  pushAll(buffer, [1, 2900]);
  assert.deepEqual(numbers(buffer.flush()), [1, 2900]);
  assert.equal(buffer.lostCount, 2898);
});

test('a caller that never releases keeps a bounded number of packets, the newest', () => {
  const buffer = new ReorderBuffer({ maxPackets: 100 });
  for (let number = 0; number < 100_000; number++) buffer.push(packet(number), 0);
  const kept = numbers(buffer.flush());
  assert.ok(kept.length <= 256, `${kept.length} kept`);
  assert.equal(kept.at(-1), 99_999);
  assert.equal(kept.length + buffer.lostCount, 100_000);
});

test('loss, disorder and duplicates in any mixture: each packet once, in order, and every other one counted', () => {
  const network = fc.record({
    first: fc.integer({ min: 0, max: 65535 }),
    delays: fc.array(fc.option(fc.integer({ min: 0, max: 60 })), { minLength: 1, maxLength: 300 }),
    doubled: fc.func(fc.boolean()),
    hold: fc.integer({ min: 61, max: 100 }),
  });
  fc.assert(
    fc.property(network, ({ first, delays, doubled, hold }) => {
      const buffer = new ReorderBuffer();
      const arrivals = delays.flatMap((delay, i) => {
        if (delay === null) return [];
        const arrival = { number: first + i, atMs: i * 5 + delay };
        return doubled(i) ? [arrival, arrival] : [arrival];
      });
      arrivals.sort((a, b) => a.atMs - b.atMs);
      const out: OrderedPacket[] = [];
      for (const { number, atMs } of arrivals) {
        out.push(...buffer.release(atMs - hold));
        buffer.push(packet(number), atMs);
      }
      out.push(...buffer.flush());
      const sent = [...new Set(arrivals.map((arrival) => arrival.number))].sort((a, b) => a - b);
      const shift = (out[0]?.sequenceNumber ?? 0) - (sent[0] ?? 0);
      assert.ok(Number.isInteger(shift / 65536));
      assert.deepEqual(
        numbers(out).map((number) => number - shift),
        sent,
      );
      const [lowest = 0, highest = 0] = [sent[0], sent.at(-1)];
      assert.equal(buffer.lostCount, sent.length === 0 ? 0 : highest - lowest + 1 - sent.length);
    }),
  );
});

test('any numbers at all come out rising, without doubles', () => {
  const hostile = fc.array(fc.tuple(fc.integer({ min: 0, max: 65535 }), fc.boolean()), { maxLength: 400 });
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 64 }), (pushes, maxPackets) => {
      const buffer = new ReorderBuffer({ maxPackets });
      const out: number[] = [];
      pushes.forEach(([number, release], atMs) => {
        buffer.push(packet(number), atMs);
        if (release) out.push(...numbers(buffer.release(atMs - 10)));
      });
      out.push(...numbers(buffer.flush()));
      assert.ok(out.every((number, i) => i === 0 || number > (out[i - 1] ?? 0)));
      assert.ok(out.length <= pushes.length);
    }),
  );
});
