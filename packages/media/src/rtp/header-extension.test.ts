import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  findHeaderExtension,
  readAbsoluteSendTime,
  readAudioLevel,
  readTextExtension,
  readTransportSequenceNumber,
} from './header-extension.ts';
import type { RtpPacket } from './packet.ts';

const withExtension = (profile: number, data: Uint8Array): RtpPacket => ({
  payloadType: 96,
  marker: false,
  sequenceNumber: 0,
  timestamp: 0,
  ssrc: 1,
  payload: new Uint8Array(),
  extension: { profile, data },
});

const oneByte = (...data: number[]): RtpPacket => withExtension(0xbede, Uint8Array.of(...data));
const twoByte = (...data: number[]): RtpPacket => withExtension(0x1007, Uint8Array.of(...data));

test('one-byte form: padding is skipped, elements are found by id', () => {
  const packet = oneByte(0x10, 0xff, 0, 0, 0x41, 0x61, 0x62, 0);
  assert.deepEqual([...(findHeaderExtension(packet, 1) ?? [])], [0xff]);
  assert.equal(readTextExtension(packet, 4), 'ab');
  assert.equal(findHeaderExtension(packet, 2), undefined);
});

test('one-byte form: nothing is read after id 15', () => {
  assert.equal(findHeaderExtension(oneByte(0xf0, 0x10, 0xff), 1), undefined);
});

test('two-byte form: long and empty elements, ids over 14', () => {
  const packet = twoByte(0, 20, 3, 0x61, 0x62, 0x63, 7, 0);
  assert.equal(readTextExtension(packet, 20), 'abc');
  assert.equal(findHeaderExtension(packet, 7)?.length, 0);
  assert.equal(readTextExtension(packet, 7), undefined);
});

test('an element that is cut off is not there', () => {
  assert.equal(findHeaderExtension(oneByte(0x43, 0x61), 4), undefined);
  assert.equal(findHeaderExtension(twoByte(4, 9, 0x61), 4), undefined);
  assert.equal(findHeaderExtension(twoByte(4), 4), undefined);
});

test('a packet without extensions, or of another profile, has none', () => {
  const { extension: _, ...bare } = oneByte(0x10, 0xff);
  assert.equal(findHeaderExtension({ ...bare, extension: undefined }, 1), undefined);
  assert.equal(findHeaderExtension(withExtension(0x2000, Uint8Array.of(0x10, 0xff)), 1), undefined);
});

test('a mid that is no visible ASCII is none', () => {
  assert.equal(readTextExtension(oneByte(0x40, 0x0a), 4), undefined);
  assert.equal(readTextExtension(oneByte(0x40, 0xc3), 4), undefined);
});

test('audio level: the voice bit and decibels below full scale', () => {
  assert.deepEqual(readAudioLevel(oneByte(0x10, 0x80 | 42), 1), { voice: true, levelDbov: -42 });
  assert.deepEqual(readAudioLevel(oneByte(0x10, 0), 1), { voice: false, levelDbov: 0 });
});

test("a packet's number among all of the connection, and when it was sent", () => {
  assert.equal(readTransportSequenceNumber(oneByte(0x31, 0xfe, 0x01), 3), 0xfe01);
  assert.equal(readTransportSequenceNumber(oneByte(0x30, 0xfe), 3), undefined);
  assert.equal(readAbsoluteSendTime(oneByte(0x22, 0x04, 0x00, 0x00), 2), 1000);
  assert.equal(readAbsoluteSendTime(oneByte(0x22, 0xff, 0xff, 0xff), 2), 64_000 - 64_000 / 2 ** 24);
  assert.equal(readAbsoluteSendTime(oneByte(0x21, 0x04, 0x00), 2), undefined);
});

test('any bytes: never throws, and what is found lies within them', () => {
  const bytes = fc.uint8Array({ maxLength: 64 });
  const profile = fc.constantFrom(0xbede, 0x1000, 0x100f, 0x1234);
  fc.assert(
    fc.property(profile, bytes, fc.integer({ min: 1, max: 255 }), (anyProfile, data, id) => {
      const found = findHeaderExtension(withExtension(anyProfile, data), id);
      assert.ok(found === undefined || found.byteOffset + found.length <= data.byteOffset + data.length);
    }),
  );
});
