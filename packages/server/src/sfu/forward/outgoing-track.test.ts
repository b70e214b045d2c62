import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { PacketFacts } from '@callreel/media/depacketize/picture-loss.ts';
import { parseVp8Descriptor } from '@callreel/media/depacketize/vp8-descriptor.ts';
import { parseVp9Descriptor } from '@callreel/media/depacketize/vp9-descriptor.ts';
import { rtcpPackets } from '@callreel/media/rtcp/compound.ts';
import { parseSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { restoreFromRtx } from '@callreel/media/rtp/rtx.ts';
import fc from 'fast-check';
import { FRAME_MS, OutgoingStand, TICKS, VirtualLayer } from './outgoing-stand-fixture.ts';

const step = (from: number, to: number, bits: number): number => ((to - from) << (32 - bits)) >> (32 - bits);

const DESCRIPTORS: [VideoCodecName, (payload: Uint8Array) => PacketFacts | undefined][] = [
  ['VP8', parseVp8Descriptor],
  ['VP9', parseVp9Descriptor],
  // Its pictures have no numbers of their own.
  ['AV1', () => undefined],
];

for (const [codec, describe] of DESCRIPTORS)
  test(`over any changes of layer of ${codec} the numbers go on one by one, the times by as much as passed`, () => {
    const layers = fc.array(
      fc.record({ to: fc.integer({ min: 0, max: 2 }), frames: fc.integer({ min: 1, max: 20 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(layers, fc.boolean(), (runs, reports) => {
        const stand = new OutgoingStand();
        const all = [1, 2, 3].map((ssrc) => new VirtualLayer(ssrc, codec));
        if (reports) for (const layer of all) layer.reportTo(stand.clock);
        let frame = 0;
        for (const { to, frames } of runs) {
          stand.track.wanted = all[to]?.feed;
          const end = frame + frames;
          for (let first = true; frame < end; frame += 1, first = false) {
            for (const index of [to, 0, 1, 2]) {
              const layer = all[index];
              if (layer) stand.feed(layer, frame, first && index === to);
            }
          }
        }
        const { packets } = stand;
        assert.equal(packets.length, frame);
        for (const [index, packet] of packets.entries()) {
          const before = packets[index - 1];
          if (before === undefined) continue;
          assert.equal(step(before.sequenceNumber, packet.sequenceNumber, 16), 1);
          assert.equal(step(before.timestamp, packet.timestamp, 32), FRAME_MS * TICKS);
          const [one, other] = [describe(before.payload), describe(packet.payload)];
          if (one === undefined || other === undefined) continue;
          assert.equal(step(one.pictureId?.value ?? 0, other.pictureId?.value ?? 0, 15), 1);
          assert.equal(step(one.tl0PictureIndex ?? 0, other.tl0PictureIndex ?? 0, 8), 1);
        }
      }),
    );
  });

test('a layer is not left before the key frame of the one that is wanted', () => {
  const stand = new OutgoingStand();
  const [low, high] = [new VirtualLayer(1), new VirtualLayer(2)];
  stand.track.wanted = low.feed;
  for (let frame = 0; frame < 10; frame += 1) {
    if (frame === 4) stand.track.wanted = high.feed;
    stand.feed(high, frame, frame === 7);
    stand.feed(low, frame, frame === 0);
    assert.equal(stand.track.awaitsKeyFrame, frame >= 4 && frame < 7);
  }
  assert.equal(stand.packets.length, 10);
  assert.equal(stand.track.feed, high.feed);
});

test('a pause of the picture is a step of time and none of the numbers; it goes on with a key frame', () => {
  const stand = new OutgoingStand();
  const layer = new VirtualLayer(1);
  for (let frame = 0; frame < 100; frame += 1) {
    if (frame === 10) stand.track.pause(true);
    if (frame === 60) stand.track.pause(false);
    stand.feed(layer, frame, frame === 0 || frame === 70);
  }
  const { packets } = stand;
  assert.equal(packets.length, 40);
  const [before, after] = packets.slice(9, 11);
  assert.ok(before && after);
  assert.equal(step(before.sequenceNumber, after.sequenceNumber, 16), 1);
  assert.equal(step(before.timestamp, after.timestamp, 32), 61 * FRAME_MS * TICKS);
});

test('what is asked for again comes as it was, over RTX or plain; what nobody has, or was sent just now, does not', () => {
  for (const rtx of [true, false]) {
    const stand = new OutgoingStand(rtx);
    const layer = new VirtualLayer(1);
    for (let frame = 0; frame < 30; frame += 1) stand.feed(layer, frame, frame === 0);
    const original = stand.packets[20] ?? assert.fail();
    const unsent = (original.sequenceNumber + 100) & 0xffff;
    stand.track.resend([original.sequenceNumber, unsent, original.sequenceNumber], 10, 1300);
    stand.track.resend([original.sequenceNumber], 10, 1305);
    assert.equal(stand.packets.length, 31);
    const again = stand.packets.at(-1) ?? assert.fail();
    assert.equal(again.ssrc, rtx ? 10 : 9);
    const restored = rtx ? restoreFromRtx(again, 9, 120) : again;
    assert.deepEqual(
      { ...restored, payload: [...(restored?.payload ?? [])], extension: 0 },
      { ...original, payload: [...original.payload], extension: 0 },
    );
  }
});

test('whoever asks without end gets no more than the budget', () => {
  const stand = new OutgoingStand();
  const layer = new VirtualLayer(1);
  for (let frame = 0; frame < 1000; frame += 1) stand.feed(layer, frame, frame === 0);
  const numbers = stand.packets.map(({ sequenceNumber }) => sequenceNumber);
  for (let round = 0; round < 20; round += 1) stand.track.resend(numbers, 10, 40_000 + round * 50);
  assert.ok(stand.track.resent <= 1000, `${stand.track.resent} in a second`);
});

test('a packet that came twice goes out once, and one that came late in its own place', () => {
  const stand = new OutgoingStand();
  const layer = new VirtualLayer(1);
  for (const frame of [0, 1, 3, 3, 2, 2, 4]) stand.feed(layer, frame, frame === 0);
  const first = stand.packets[0]?.sequenceNumber ?? 0;
  assert.deepEqual(
    stand.packets.map(({ sequenceNumber }) => step(first, sequenceNumber, 16)),
    [0, 1, 3, 2, 4],
  );
});

test('a count that leaps, either way, goes on without a hole', () => {
  const stand = new OutgoingStand();
  const layer = new VirtualLayer(1);
  for (const frame of [0, 1, 20_000, 20_001, 3, 4]) stand.feed(layer, frame, frame === 0, frame === 0 ? 0 : 100);
  const first = stand.packets[0]?.sequenceNumber ?? 0;
  assert.deepEqual(
    stand.packets.map(({ sequenceNumber }) => step(first, sequenceNumber, 16)),
    [0, 1, 2, 3, 4, 5],
  );
});

test("reports say of each moment what the publisher's say, by our own wall's time", () => {
  const stand = new OutgoingStand();
  const layer = new VirtualLayer(1);
  assert.equal(stand.track.report(0, 1.7e12), undefined);
  layer.reportTo(stand.clock);
  for (let frame = 0; frame < 30; frame += 1) stand.feed(layer, frame, frame === 0);
  const [packet] = rtcpPackets(stand.track.report(1160, 1.7e12 + 1160) ?? new Uint8Array());
  const report = (packet && parseSenderReport(packet)) ?? assert.fail();
  assert.ok(Math.abs(report.ntpMs - (1.7e12 + 1160)) < 1);
  const last = stand.packets.at(-1)?.timestamp ?? 0;
  assert.equal(step(last, report.rtpTimestamp, 32), 0);
  assert.deepEqual([report.packetCount, report.octetCount], [30, 30 * 11 + 5]);
});
