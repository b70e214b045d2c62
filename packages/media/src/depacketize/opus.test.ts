import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetizeOpus } from '@callreel/synthetic/packetize/opus.ts';
import fc from 'fast-check';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { isStereo, OpusDepacketizer, opusDurationMs, silenceDurationMs, silenceLike } from './opus.ts';

const ordered = (sequenceNumber: number, payload: Uint8Array): OrderedPacket => ({
  ...{ sequenceNumber, rtpTimestamp: sequenceNumber * 960, marker: false, arrivalMs: sequenceNumber * 20 },
  payload,
});

test('each packet is a frame, and losses cost nothing else', () => {
  const depacketizer = new OpusDepacketizer();
  const outputs = [1, 2, 5].flatMap((number) =>
    packetizeOpus(Uint8Array.of(0x78, number)).flatMap((payload) => depacketizer.push(ordered(number, payload))),
  );
  assert.deepEqual(
    outputs.map((output) => output.kind === 'frame' && output.frame),
    [1, 2, 5].map((number) => ({
      ...{ kind: 'audio', rtpTimestamp: number * 960, arrivalMs: number * 20 },
      ...{ data: Uint8Array.of(0x78, number), durationMs: 20 },
    })),
  );
  assert.deepEqual(depacketizer.flush(), []);
});

test('padding alone is no frame; what is no Opus packet is left out', () => {
  const depacketizer = new OpusDepacketizer();
  assert.deepEqual(depacketizer.push(ordered(1, new Uint8Array(0))), []);
  const [output] = depacketizer.push(ordered(2, Uint8Array.of(0x7b)));
  assert.deepEqual(output, { kind: 'dropped', reason: 'malformed', rtpTimestamp: 1920, needsKeyFrame: false });
});

/** RFC 6716 table 2. */
const FRAME_MS = [
  ...[10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60],
  ...[10, 20, 10, 20],
  ...[2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20],
];

test('the duration of every configuration and frame count', () => {
  FRAME_MS.forEach((frameMs, config) => {
    assert.equal(opusDurationMs(Uint8Array.of(config << 3)), frameMs);
    assert.equal(opusDurationMs(Uint8Array.of((config << 3) | 1, 0, 0)), 2 * frameMs);
    assert.equal(opusDurationMs(Uint8Array.of((config << 3) | 2, 0, 0)), 2 * frameMs);
    for (let count = 0; count < 64; count++) {
      const total = count * frameMs;
      const expected = total > 0 && total <= 120 ? total : undefined;
      assert.equal(opusDurationMs(Uint8Array.of((config << 3) | 3, 0xc0 | count)), expected);
    }
  });
});

test('silence like a packet is one frame of its kind without bytes', () => {
  const packet = Uint8Array.of(0x7f, 0x02, 1, 2, 3);
  assert.equal(isStereo(packet), true);
  assert.deepEqual(silenceLike(packet), Uint8Array.of(0x7c));
  assert.equal(opusDurationMs(silenceLike(packet)), 20);
  assert.equal(silenceDurationMs(packet), 20);
  assert.equal(isStereo(Uint8Array.of(0x78)), false);
});

test('hostile bytes never throw and never last longer than 120 ms', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), (payload) => {
      for (const output of new OpusDepacketizer().push(ordered(1, payload))) {
        if (output.kind !== 'frame' || output.frame.kind !== 'audio') continue;
        assert.ok(output.frame.durationMs >= 2.5 && output.frame.durationMs <= 120);
      }
    }),
  );
});
