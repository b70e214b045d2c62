import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinRtcp } from '@callreel/media/rtcp/compound.ts';
import { buildFir, buildPli } from '@callreel/media/rtcp/key-frame-request.ts';
import { buildNack } from '@callreel/media/rtcp/negative-acknowledgement.ts';
import { buildSenderReportRequest } from '@callreel/media/rtcp/sender-report-request.ts';
import fc from 'fast-check';
import { readFeedback } from './feedback.ts';

test('every request in a compound packet is read', () => {
  const numbers = [65_535, 0, 3, 900];
  const compound = joinRtcp([
    buildNack(1, 2, numbers),
    buildPli(1, 2),
    buildSenderReportRequest(1, 2),
    buildFir(1, 2, 0),
  ]);
  assert.deepEqual(readFeedback(compound), [
    { kind: 'nack', ssrc: 2, sequenceNumbers: numbers },
    { kind: 'keyFrameRequest' },
    { kind: 'senderReportRequest', ssrc: 2 },
    { kind: 'keyFrameRequest' },
  ]);
});

test('whatever bytes come, nothing is thrown', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readFeedback(bytes)));
});
