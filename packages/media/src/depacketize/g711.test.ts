import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { createDepacketizer } from './create.ts';
import { SOUND_CODECS } from './sound-codec.ts';

const ordered = (sequenceNumber: number, payload: Uint8Array): OrderedPacket => ({
  ...{ sequenceNumber, rtpTimestamp: sequenceNumber * 160, marker: false, arrivalMs: sequenceNumber * 20 },
  payload,
});

for (const codec of ['PCMU', 'PCMA'] as const) {
  test(`${codec}: each packet is a frame, as long as it has samples, and losses cost nothing else`, () => {
    const depacketizer = createDepacketizer(codec);
    const outputs = [1, 2, 5].flatMap((number) =>
      depacketizer.push(ordered(number, new Uint8Array(80 * number).fill(7))),
    );
    const durations = outputs.map(
      (output) => output.kind === 'frame' && output.frame.kind === 'audio' && output.frame.durationMs,
    );
    assert.deepEqual(durations, [10, 20, 50]);
    assert.deepEqual(depacketizer.flush(), []);
  });

  test(`${codec}: padding alone is no frame, and no packet is longer than one of UDP can be`, () => {
    const depacketizer = createDepacketizer(codec);
    assert.deepEqual(depacketizer.push(ordered(1, new Uint8Array(0))), []);
    assert.deepEqual(depacketizer.push(ordered(2, new Uint8Array(2000))), [
      { kind: 'dropped', reason: 'malformed', rtpTimestamp: 320, needsKeyFrame: false },
    ]);
  });
}

/** ITU-T G.711's decoders. */
const DECODE = {
  PCMU: (byte: number): number => {
    const bits = ~byte & 0xff;
    const magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
    return bits & 0x80 ? -magnitude : magnitude;
  },
  PCMA: (byte: number): number => {
    const bits = byte ^ 0x55;
    const segment = (bits >> 4) & 7;
    const low = ((bits & 15) << 4) + 8;
    const magnitude = segment === 0 ? low : (low + 0x100) << (segment - 1);
    return bits & 0x80 ? magnitude : -magnitude;
  },
};

test('silence is as long as the packet it stands for, and no louder than the smallest step', () => {
  for (const codec of ['PCMU', 'PCMA'] as const) {
    const silence = SOUND_CODECS[codec].silenceLike(new Uint8Array(240));
    assert.equal(silence.length, 240);
    assert.equal(SOUND_CODECS[codec].fillerDurationMs(new Uint8Array(240)), 30);
    assert.equal(SOUND_CODECS[codec].fillerLike(new Uint8Array(1)).length, 80);
    assert.equal(SOUND_CODECS[codec].fillerDurationMs(new Uint8Array(1)), 10);
    assert.ok(silence.every((byte) => Math.abs(DECODE[codec](byte)) <= 8));
  }
});
