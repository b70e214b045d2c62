import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHeaderExtension, readTextExtension } from '@callreel/media/rtp/header-extension.ts';
import { parseRtp } from '@callreel/media/rtp/packet.ts';
import { restoreFromRtx } from '@callreel/media/rtp/rtx.ts';
import fc from 'fast-check';
import { type OutgoingExtensions, PacketWriter } from './packet-writer.ts';

const header = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
});
const extensions: fc.Arbitrary<OutgoingExtensions> = fc.record({
  mid: fc.option(
    fc.record({
      id: fc.constant(1),
      value: fc.string({ unit: fc.constantFrom('a', 'Z', '7'), minLength: 1, maxLength: 16 }),
    }),
    { nil: undefined },
  ),
  sendTime: fc.option(fc.record({ id: fc.constant(2), atMs: fc.integer({ min: 0, max: 1e12 }) }), { nil: undefined }),
  audioLevel: fc.option(fc.record({ id: fc.constant(14), value: fc.integer({ min: 0, max: 255 }) }), {
    nil: undefined,
  }),
});
const payload = fc.uint8Array({ minLength: 0, maxLength: 1400 });

test('what is written is read back: header, extensions and payload', () => {
  const writer = new PacketWriter();
  fc.assert(
    fc.property(header, extensions, payload, (given, told, bytes) => {
      assert.ok(writer.setPayload(bytes));
      const packet = parseRtp(writer.write(given, told));
      assert.ok(packet);
      const { extension: _, payload: read, ...fields } = packet;
      assert.deepEqual(fields, { ...given });
      assert.deepEqual([...read], [...bytes]);
      assert.equal(readTextExtension(packet, 1), told.mid?.value);
      assert.equal(findHeaderExtension(packet, 2)?.length, told.sendTime && 3);
      assert.equal(findHeaderExtension(packet, 14)?.[0], told.audioLevel?.value);
    }),
  );
});

test('a retransmission is undone to the packet that it repeats', () => {
  const writer = new PacketWriter();
  fc.assert(
    fc.property(header, extensions, payload, fc.integer({ min: 0, max: 0xffff }), (given, told, bytes, original) => {
      writer.setPayload(bytes);
      const rtx = parseRtp(writer.writeRtx(given, original, told));
      assert.ok(rtx);
      const { sequenceNumber, payload: read, timestamp } = restoreFromRtx(rtx, 1, 96) ?? assert.fail();
      assert.deepEqual([sequenceNumber, timestamp, [...read]], [original, given.timestamp, [...bytes]]);
    }),
  );
});

test('one payload goes out under several headers', () => {
  const writer = new PacketWriter();
  writer.setPayload(Uint8Array.of(1, 2, 3));
  const none = { mid: undefined, sendTime: undefined, audioLevel: undefined };
  const first = { payloadType: 96, marker: true, sequenceNumber: 1, timestamp: 2, ssrc: 3 };
  for (const told of [none, { ...none, mid: { id: 3, value: 'video' } }, none]) {
    assert.deepEqual([...(parseRtp(writer.write(first, told))?.payload ?? [])], [1, 2, 3]);
  }
  assert.equal(writer.setPayload(new Uint8Array(3000)), false);
});
