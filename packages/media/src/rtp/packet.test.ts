import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRtcp, parseRtp } from './packet.ts';

/** Version 2, two CSRCs, one word of extension, three bytes of payload, padding of two. */
const FULL = Uint8Array.of(
  ...[0xb2, 0xe0, 0x12, 0x34, 0x00, 0x00, 0x00, 0x02, 0xde, 0xad, 0xbe, 0xef],
  ...[0, 0, 0, 1, 0, 0, 0, 2],
  ...[0xbe, 0xde, 0x00, 0x01, 0x40, 0x31, 0x00, 0x00],
  ...[7, 8, 9],
  ...[0, 2],
);

test('a packet with every optional part', () => {
  const packet = parseRtp(FULL);
  assert.ok(packet);
  assert.equal(packet.payloadType, 96);
  assert.equal(packet.marker, true);
  assert.equal(packet.sequenceNumber, 0x1234);
  assert.equal(packet.timestamp, 2);
  assert.equal(packet.ssrc, 0xdeadbeef);
  assert.deepEqual([...packet.payload], [7, 8, 9]);
  assert.equal(packet.extension?.profile, 0xbede);
  assert.deepEqual([...(packet.extension?.data ?? [])], [0x40, 0x31, 0, 0]);
});

test('a packet cut off anywhere is no packet, or one with less payload', () => {
  for (let length = 0; length < FULL.length; length += 1) {
    const packet = parseRtp(FULL.subarray(0, length));
    if (packet !== undefined) assert.ok(packet.payload.length <= 5);
  }
});

test('a packet of padding alone has an empty payload', () => {
  const packet = parseRtp(Uint8Array.of(0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 3));
  assert.equal(packet?.payload.length, 0);
});

test('any bytes: never throws, and the payload lies within them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const packet = parseRtp(bytes);
      if (packet === undefined) return;
      assert.equal(packet.payload.buffer, bytes.buffer);
      assert.ok(packet.payload.byteOffset + packet.payload.length <= bytes.byteOffset + bytes.length);
    }),
  );
});

test('RTCP is told from RTP by its second byte', () => {
  assert.equal(isRtcp(Uint8Array.of(0x80, 200)), true);
  assert.equal(isRtcp(Uint8Array.of(0x80, 206)), true);
  assert.equal(isRtcp(Uint8Array.of(0x80, 96)), false);
  assert.equal(isRtcp(Uint8Array.of(0x80, 96 | 0x80)), false);
  assert.equal(isRtcp(Uint8Array.of(0x80)), false);
});
