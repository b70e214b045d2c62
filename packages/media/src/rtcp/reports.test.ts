import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rtcpPackets } from './compound.ts';
import { buildNack, parseNack } from './negative-acknowledgement.ts';
import { buildReceiverReport, parseReceiverReport, type ReportBlock } from './receiver-report.ts';
import { buildRemb, parseRemb } from './remb.ts';
import { buildSenderReport, parseSenderReport } from './sender-report.ts';
import { buildSourceDescription, parseCanonicalNames } from './source-description.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

test('a sender report of a known moment', () => {
  // 1970-01-01 00:00:01.5 is 0x83aa7e81.80000000 in NTP.
  const bytes = buildSenderReport({ ssrc: 7, ntpMs: 1500, rtpTimestamp: 9, packetCount: 3, octetCount: 400 });
  assert.deepEqual([...bytes.subarray(8, 16)], [0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0]);
  assert.deepEqual([...rtcpPackets(bytes)].map(parseSenderReport), [
    { ssrc: 7, ntpMs: 1500, ntpMiddle32: 0x7e818000, rtpTimestamp: 9, packetCount: 3, octetCount: 400 },
  ]);
});

test('sender reports come back within a microsecond', () => {
  const ntpMs = fc.double({ min: 0, max: 2_000_000_000_000, noNaN: true });
  fc.assert(
    fc.property(ntpMs, uint32, uint32, (sentMs, ssrc, rtpTimestamp) => {
      const bytes = buildSenderReport({ ssrc, ntpMs: sentMs, rtpTimestamp, packetCount: 1, octetCount: 2 });
      const [packet] = rtcpPackets(bytes);
      const report = packet && parseSenderReport(packet);
      assert.ok(report && Math.abs(report.ntpMs - sentMs) < 0.001);
      assert.equal(report.rtpTimestamp, rtpTimestamp);
    }),
  );
});

const anyBlock: fc.Arbitrary<ReportBlock> = fc.record(
  {
    ssrc: uint32,
    fractionLost256: fc.integer({ min: 0, max: 255 }),
    cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
    extendedHighestSequenceNumber: uint32,
    jitter: uint32,
    lastSenderReport: uint32,
    delaySinceLastSenderReport: uint32,
  },
  { noNullPrototype: true },
);

test('receiver reports come back as they were', () => {
  fc.assert(
    fc.property(uint32, fc.array(anyBlock, { maxLength: 31 }), (ssrc, blocks) => {
      assert.deepEqual([...rtcpPackets(buildReceiverReport(ssrc, blocks))].map(parseReceiverReport), [blocks]);
    }),
  );
});

test('a loss beyond 24 bits is held at the bound', () => {
  const [block] = fc.sample(anyBlock, 1);
  assert.ok(block);
  const bytes = buildReceiverReport(1, [{ ...block, cumulativeLost: 2 ** 30 }]);
  const [packet] = rtcpPackets(bytes);
  assert.equal(packet && parseReceiverReport(packet)?.[0]?.cumulativeLost, 0x7fffff);
});

test('what a NACK asks for comes back, in order', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 0xffff }), (offsets, start) => {
      const asked = offsets.toSorted((a, b) => a - b).map((offset) => (start + offset) & 0xffff);
      const [packet] = rtcpPackets(buildNack(1, 2, asked));
      assert.deepEqual(packet && parseNack(packet), { mediaSsrc: 2, sequenceNumbers: asked });
    }),
  );
});

test('seventeen packets in a row share one entry of a NACK', () => {
  const asked = Array.from({ length: 17 }, (_, index) => (65_530 + index) & 0xffff);
  assert.equal(buildNack(1, 2, asked).length, 12 + 4);
});

test('REMB comes back within its mantissa of 18 bits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), fc.array(uint32, { maxLength: 4 }), (rate, ssrcs) => {
      const [packet] = rtcpPackets(buildRemb(1, rate, ssrcs));
      const remb = packet && parseRemb(packet);
      assert.ok(remb && remb.bitsPerSecond <= rate && remb.bitsPerSecond >= rate * (1 - 2 ** -17));
      assert.deepEqual(remb.mediaSsrcs, ssrcs);
    }),
  );
});

test('a CNAME of any length comes back, cut at 255 bytes', () => {
  fc.assert(
    fc.property(uint32, fc.string({ maxLength: 300 }), (ssrc, cname) => {
      const bytes = buildSourceDescription(ssrc, cname);
      assert.equal(bytes.length % 4, 0);
      const [packet] = rtcpPackets(bytes);
      const [name] = (packet && parseCanonicalNames(packet)) ?? [];
      assert.equal(name?.ssrc, ssrc);
      assert.equal(name?.cname, cname.slice(0, 255));
    }),
  );
});
