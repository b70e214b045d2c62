import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RtpPacket } from './packet.ts';
import { restoreFromRtx } from './rtx.ts';
import { sequenceDistance } from './sequence-number.ts';

const rtxOf = (payload: Uint8Array): RtpPacket => ({
  payloadType: 97,
  marker: true,
  sequenceNumber: 5,
  timestamp: 90_000,
  ssrc: 22,
  payload,
  extension: undefined,
});

test('a retransmission becomes the packet that was lost', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 0, max: 0xffff }), (payload, sequenceNumber) => {
      const wrapped = Uint8Array.of(sequenceNumber >> 8, sequenceNumber & 0xff, ...payload);
      const restored = restoreFromRtx(rtxOf(wrapped), 11, 96);
      assert.deepEqual(restored, {
        ...rtxOf(wrapped.subarray(2)),
        payloadType: 96,
        ssrc: 11,
        sequenceNumber,
      });
    }),
  );
});

test('a probe of padding alone is nothing', () => {
  assert.equal(restoreFromRtx(rtxOf(new Uint8Array()), 11, 96), undefined);
  assert.equal(restoreFromRtx(rtxOf(Uint8Array.of(1)), 11, 96), undefined);
});

test('distance between sequence numbers goes the short way round', () => {
  assert.equal(sequenceDistance(1, 0xffff), 2);
  assert.equal(sequenceDistance(0xffff, 1), -2);
  assert.equal(sequenceDistance(7, 7), 0);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: -32_768, max: 32_767 }), (from, step) =>
      assert.equal(sequenceDistance((from + step) & 0xffff, from), step),
    ),
  );
});
