import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DigitalSilence } from './digital-silence.ts';

test('silence as CELT codes it, and one packet sent again and again; nothing else', () => {
  const silence = new DigitalSilence('opus');
  const packet = (...bytes: number[]): boolean => silence.isSilence(Uint8Array.from(bytes));
  assert.deepEqual([packet(0xf8, 0xff, 0xfe), packet(0xf8)], [true, true]);
  assert.deepEqual([packet(0x68, 7, 0xc9, 0x79), packet(0x68, 7, 0xc9, 0x79)], [false, true]);
  assert.deepEqual([packet(0x68, 7, 0xc9, 0x78), packet(0x68, 7, 0xc9, 0x78, 1)], [false, false]);
  assert.equal(packet(0x68, 7, 0xc9, 0x79), true, 'a few in turn');
  for (let turn = 0; turn < 4; turn++) assert.equal(packet(0x68, turn, 1, 1), false);
  assert.equal(packet(0x68, 7, 0xc9, 0x79), false);
});

test('samples of zero in G.711; not a tone, though its packets are all the same', () => {
  const [law, zero] = [0xd5, 0x55];
  const silence = new DigitalSilence('PCMA');
  assert.equal(silence.isSilence(new Uint8Array(160).fill(law)), true);
  assert.equal(silence.isSilence(new Uint8Array(160).map((_, index) => (index % 2 ? law : zero))), true);
  // 450 Hz, as China's telephones ring.
  const wave = (index: number): number => Math.sin((2 * Math.PI * 450 * index) / 8000);
  const tone = new Uint8Array(160).map((_, index) => 0x40 + Math.round(30 * wave(index)));
  assert.deepEqual([silence.isSilence(tone), silence.isSilence(tone)], [false, false]);
});
