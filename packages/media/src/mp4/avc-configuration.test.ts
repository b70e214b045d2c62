import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { avcConfiguration } from './avc-configuration.ts';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const PPS = Uint8Array.of(0x68, 0xce, 0x3c, 0x80);

test('profile and level come from the SPS, then both sets behind their lengths', () => {
  const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xda);
  assert.equal(hex(avcConfiguration(sps, [PPS])), '0142c01effe100056742c01eda01000468ce3c80');
});

test('all picture parameter sets stand in it', () => {
  const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xda);
  const other = Uint8Array.of(0x68, 0x42);
  assert.ok(hex(avcConfiguration(sps, [PPS, other])).endsWith('02000468ce3c8000026842'));
});

test('the high profile says how its colours are coded', () => {
  const sps = Uint8Array.of(0x67, 0x64, 0x00, 0x1f, 0xac);
  assert.ok(hex(avcConfiguration(sps, [PPS])).endsWith('68ce3c80fdf8f800'));
});

test('any bytes for sets give a record or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (sps, pps) => {
      assert.equal(avcConfiguration(sps, [pps]) === undefined, sps.length < 4 || pps.length === 0);
    }),
  );
  assert.equal(avcConfiguration(new Uint8Array(65_536), [PPS]), undefined);
});
