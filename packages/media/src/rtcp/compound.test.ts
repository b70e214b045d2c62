import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinRtcp, rtcpPackets } from './compound.ts';
import { buildGoodbye, parseGoodbye } from './goodbye.ts';
import { buildFir, buildPli, parseKeyFrameRequest } from './key-frame-request.ts';
import { parseNack } from './negative-acknowledgement.ts';
import { buildReceiverReport, parseReceiverReport } from './receiver-report.ts';
import { parseRemb } from './remb.ts';
import { parseSenderReport } from './sender-report.ts';
import { buildSenderReportRequest, parseSenderReportRequest } from './sender-report-request.ts';
import { buildSourceDescription, parseCanonicalNames } from './source-description.ts';

test('the packets of a compound, in order', () => {
  const compound = joinRtcp([buildReceiverReport(1, []), buildSourceDescription(1, 'us'), buildPli(1, 2)]);
  assert.deepEqual(
    [...rtcpPackets(compound)].map(({ packetType, count }) => [packetType, count]),
    [
      [201, 0],
      [202, 1],
      [206, 1],
    ],
  );
});

test('padding is taken off, and what is cut off is left out', () => {
  const padded = Uint8Array.of(0xa1, 203, 0, 2, 0, 0, 0, 9, 0, 0, 0, 4);
  assert.deepEqual([...rtcpPackets(padded)].map(parseGoodbye), [[9]]);
  const cut = joinRtcp([buildPli(1, 2), buildPli(1, 3)]).subarray(0, 20);
  assert.deepEqual([...rtcpPackets(cut)].map(parseKeyFrameRequest), [{ mediaSsrc: 2 }]);
});

test('a padding longer than its packet ends the reading', () => {
  assert.deepEqual([...rtcpPackets(Uint8Array.of(0xa1, 203, 0, 1, 0, 0, 0, 200))], []);
});

test('key frame requests: PLI and FIR as RFC 4585 and 5104 lay them out', () => {
  assert.deepEqual([...buildPli(1, 0x01020304)], [0x81, 206, 0, 2, 0, 0, 0, 1, 1, 2, 3, 4]);
  const fir = buildFir(1, 0x01020304, 257);
  assert.deepEqual([...fir], [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 1, 0, 0, 0]);
  assert.deepEqual([...rtcpPackets(fir)].map(parseKeyFrameRequest), [{ mediaSsrc: 0x01020304 }]);
});

test('a request for a sender report as RFC 6051 lays it out', () => {
  const request = buildSenderReportRequest(1, 0x01020304);
  assert.deepEqual([...request], [0x85, 205, 0, 2, 0, 0, 0, 1, 1, 2, 3, 4]);
  assert.deepEqual([...rtcpPackets(request)].map(parseSenderReportRequest), [{ mediaSsrc: 0x01020304 }]);
});

test('goodbyes of several sources', () => {
  assert.deepEqual([...rtcpPackets(buildGoodbye([1, 0xffffffff]))].map(parseGoodbye), [[1, 0xffffffff]]);
});

const anyPacket = fc
  .tuple(
    fc.integer({ min: 0x80, max: 0xbf }),
    fc.constantFrom(200, 201, 202, 203, 205, 206),
    fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 12 }),
  )
  .map(([first, packetType, words]) =>
    Uint8Array.of(first, packetType, 0, words.length, ...words.flatMap((w) => [...w])),
  );

test('any bytes: nothing throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), fc.array(anyPacket).map(joinRtcp)), (bytes) => {
      for (const packet of rtcpPackets(bytes)) {
        parseSenderReport(packet);
        parseReceiverReport(packet);
        parseCanonicalNames(packet);
        parseGoodbye(packet);
        parseNack(packet);
        parseKeyFrameRequest(packet);
        parseSenderReportRequest(packet);
        parseRemb(packet);
      }
    }),
    { numRuns: 2000 },
  );
});
