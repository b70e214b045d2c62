import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { ReceivedBitrate } from './bitrate-received.ts';
import { SendClock } from './bitrate-send-clock.ts';

const packet = (some: Partial<RtpPacket>): RtpPacket => ({
  payloadType: 96,
  marker: false,
  sequenceNumber: 0,
  timestamp: 0,
  ssrc: 1,
  payload: new Uint8Array(),
  extension: undefined,
  ...some,
});

/** One element of id 2: 24 bits. */
const sentAt = (ms: number): RtpPacket => {
  const ticks = Math.round(((ms % 64_000) * 2 ** 24) / 64_000);
  return packet({
    extension: { profile: 0xbede, data: Uint8Array.of(0x22, ticks >> 16, (ticks >> 8) & 0xff, ticks & 0xff) },
  });
};

test('send times count on over their wrap of 64 s, and a packet that was overtaken is earlier', () => {
  const clock = new SendClock({ kind: 'absolute', extensionId: 2 });
  const sent = [63_990, 64_010, 64_005, 90_000, 120_000, 150_000];
  assert.deepEqual(
    sent.map((ms) => Math.round(clock.read(sentAt(ms)) ?? -1)),
    sent,
  );
  assert.equal(clock.read(packet({})), undefined);
});

test('RTP timestamps wrap, and only those of the pictures count', () => {
  const clock = new SendClock({ kind: 'timestamps', payloadType: 96 });
  const first = clock.read(packet({ timestamp: 2 ** 32 - 900 })) ?? 0;
  assert.equal(clock.read(packet({ timestamp: 5, payloadType: 111 })), undefined);
  const second = clock.read(packet({ timestamp: 900 })) ?? 0;
  assert.ok(Math.abs(second - first - 20) < 0.001);
});

test('received bits are those of the last half second', () => {
  const received = new ReceivedBitrate();
  assert.equal(received.valueAt(0), undefined);
  for (let nowMs = 0; nowMs < 1000; nowMs += 10) received.add(1000, nowMs);
  const full = received.valueAt(1000) ?? 0;
  assert.ok(Math.abs(full - 800_000) < 50_000, String(full));
  for (let nowMs = 1000; nowMs < 1250; nowMs += 10) received.add(100, nowMs);
  const mixed = received.valueAt(1250) ?? 0;
  assert.ok(mixed > 350_000 && mixed < 550_000, String(mixed));
  assert.equal(received.valueAt(5000), 0);
});
