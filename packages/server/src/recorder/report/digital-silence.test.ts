import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DigitalSilence } from './digital-silence.ts';

test('silence as CELT codes it, and one packet sent again and again; nothing else', () => {
  const silence = new DigitalSilence();
  const packet = (...bytes: number[]): boolean => silence.isSilence(Uint8Array.from(bytes));
  assert.deepEqual([packet(0xf8, 0xff, 0xfe), packet(0xf8)], [true, true]);
  assert.deepEqual([packet(0x68, 7, 0xc9, 0x79), packet(0x68, 7, 0xc9, 0x79)], [false, true]);
  assert.deepEqual([packet(0x68, 7, 0xc9, 0x78), packet(0x68, 7, 0xc9, 0x78, 1)], [false, false]);
  assert.equal(packet(0x68, 7, 0xc9, 0x79), true, 'a few in turn');
  for (let turn = 0; turn < 4; turn++) assert.equal(packet(0x68, turn, 1, 1), false);
  assert.equal(packet(0x68, 7, 0xc9, 0x79), false);
});
