import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rtcpPackets } from './compound.ts';
import {
  buildTransportFeedback,
  FEEDBACK_TIME_MODULUS_MS,
  parseTransportFeedback,
  type TransportFeedback,
} from './transport-feedback.ts';

type Arrivals = readonly (number | undefined)[];

const feedbackOf = (arrivalsMs: Arrivals, rest: Partial<TransportFeedback> = {}): TransportFeedback => ({
  senderSsrc: 1,
  mediaSsrc: 2,
  feedbackCount: 3,
  baseSequenceNumber: 7,
  arrivalsMs,
  ...rest,
});

const parse = (bytes: Uint8Array): TransportFeedback => {
  const [packet] = rtcpPackets(bytes);
  const parsed = packet && parseTransportFeedback(packet);
  assert.ok(parsed);
  return parsed;
};

/** The words of the chunks, of which there are so many. */
const chunksOf = (arrivalsMs: Arrivals, count: number): string[] => {
  const { bytes } = buildTransportFeedback(feedbackOf(arrivalsMs));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, index) => view.getUint16(20 + 2 * index).toString(16));
};

/** Feedback packets until all is covered, read back. */
const throughFeedback = (feedback: TransportFeedback): (number | undefined)[] => {
  const read: (number | undefined)[] = [];
  while (read.length < feedback.arrivalsMs.length) {
    const baseSequenceNumber = (feedback.baseSequenceNumber + read.length) & 0xffff;
    const arrivalsMs = feedback.arrivalsMs.slice(read.length);
    const { bytes, covered } = buildTransportFeedback({ ...feedback, baseSequenceNumber, arrivalsMs });
    assert.ok(covered >= 1 && bytes.length <= 1024 && bytes.length % 4 === 0);
    const parsed = parse(bytes);
    assert.equal(parsed.baseSequenceNumber, baseSequenceNumber);
    assert.equal(parsed.arrivalsMs.length, covered);
    read.push(...parsed.arrivalsMs);
  }
  return read;
};

const assertSame = (read: Arrivals, sent: Arrivals): void => {
  assert.equal(read.length, sent.length);
  sent.forEach((sentMs, index) => {
    const readMs = read[index];
    if (sentMs === undefined || readMs === undefined) assert.equal(readMs, sentMs);
    else {
      const apartMs = Math.abs(readMs - sentMs) % FEEDBACK_TIME_MODULUS_MS;
      assert.ok(Math.min(apartMs, FEEDBACK_TIME_MODULUS_MS - apartMs) <= 0.125 + 1e-6, `${readMs} for ${sentMs}`);
    }
  });
};

test('byte by byte: one packet lost of three, and the last 64 ms late', () => {
  const { bytes, covered } = buildTransportFeedback(feedbackOf([128, undefined, 192]));
  assert.equal(covered, 3);
  // 64 ms are 256 steps of 250 µs: a delta of two bytes, and so statuses of two bits (1, 0, 2).
  const header = [0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 7, 0, 3, 0, 0, 2, 3];
  assert.deepEqual([...bytes], [...header, 0xd2, 0x00, 0, 1, 0, 0, 0, 0]);
});

test('equal statuses are a run, few kinds a vector of bits', () => {
  assert.deepEqual(chunksOf(Array(20).fill(64), 1), ['2014']);
  assert.deepEqual(chunksOf([64, ...Array(300).fill(undefined), 64], 3), ['a000', '11f', '2001']);
  assert.deepEqual(chunksOf([64, undefined, 64, 64], 1), ['ac00']);
  assert.deepEqual(chunksOf([64, 200, 100, 100, 100, 100, 100, 100], 2), ['da55', '2001']);
});

test('a packet that came before one sent earlier has a negative delta', () => {
  assertSame(throughFeedback(feedbackOf([100, 90, 95])), [100, 90, 95]);
});

test('a pause that no delta can tell of begins another packet', () => {
  const { covered } = buildTransportFeedback(feedbackOf([0, 8000, 16_300]));
  assert.equal(covered, 2);
  assertSame(throughFeedback(feedbackOf([0, 8000, 16_300])), [0, 8000, 16_300]);
});

test('a leap of thirty thousand lost packets fits into one packet', () => {
  const leap = [0, ...Array(30_000).fill(undefined), 5];
  assert.equal(buildTransportFeedback(feedbackOf(leap)).covered, leap.length);
});

test('what did not come at all is no feedback', () => {
  assert.throws(() => buildTransportFeedback(feedbackOf([])), TypeError);
  assert.throws(() => buildTransportFeedback(feedbackOf([5, undefined])), TypeError);
});

test('whatever came comes back within a step, over wraps of time and sequence numbers', () => {
  const step = fc.oneof(
    { weight: 10, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
    { weight: 2, arbitrary: fc.double({ min: -100, max: 300, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 20_000, noNaN: true }) },
  );
  const lost = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(300) });
  const startMs = fc.oneof(
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    fc.constant(FEEDBACK_TIME_MODULUS_MS - 500),
    fc.constant(3 * FEEDBACK_TIME_MODULUS_MS - 20),
  );
  const sequence = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(
      startMs,
      sequence,
      fc.array(fc.tuple(step, lost), { minLength: 1, maxLength: 300 }),
      (start, base, all) => {
        let nowMs = start;
        const arrivals = all.flatMap(([stepMs, lostBefore]) => {
          nowMs = Math.max(0, nowMs + stepMs);
          return [...Array<undefined>(lostBefore).fill(undefined), nowMs];
        });
        assertSame(throughFeedback(feedbackOf(arrivals, { baseSequenceNumber: base })), arrivals);
      },
    ),
  );
});

test('any body: nothing throws, and no more is read than it says', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (body) => {
      const parsed = parseTransportFeedback({ packetType: 205, count: 15, body });
      assert.ok(parsed === undefined || parsed.arrivalsMs.length === new DataView(body.buffer).getUint16(10));
    }),
  );
});

test('cut off anywhere it is none', () => {
  const { bytes } = buildTransportFeedback(feedbackOf([0, 100, undefined, 200, 201]));
  const [packet] = rtcpPackets(bytes);
  assert.ok(packet);
  for (let length = 0; length < 16 + 2 + 6; length += 1) {
    assert.equal(parseTransportFeedback({ ...packet, body: packet.body.subarray(0, length) }), undefined);
  }
});
