/** Pictures in temporal layers, of which one subscriber gets fewer: what he is sent is whole, and his decoder sees no hole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVp8Descriptor } from '@callreel/media/depacketize/vp8-descriptor.ts';
import { parseVp9Descriptor } from '@callreel/media/depacketize/vp9-descriptor.ts';
import { stepBetween } from '@callreel/media/reorder/unwrap.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import fc from 'fast-check';
import { FRAME_MS, OutgoingStand, VirtualLayer } from './outgoing-stand-fixture.ts';

/** As libwebrtc sends them: which layer, and whether more may follow from here on. */
const PATTERNS = {
  VP8: [
    ...[
      [0, false],
      [2, true],
      [1, true],
      [2, false],
    ],
    ...[
      [0, false],
      [2, false],
      [1, false],
      [2, false],
    ],
  ],
  VP9: [
    [0, true],
    [2, false],
    [1, true],
    [2, false],
  ],
} as const satisfies Record<string, readonly (readonly [number, boolean])[]>;
type Codec = keyof typeof PATTERNS;

const parsers = { VP8: parseVp8Descriptor, VP9: parseVp9Descriptor };

const layerAt = (codec: Codec, frame: number): number => PATTERNS[codec][frame % PATTERNS[codec].length]?.[0] ?? 0;

const packetAt = (codec: Codec, layer: VirtualLayer, frame: number, keyFrame: boolean): RtpPacket => {
  const [temporalLayer, sync] = PATTERNS[codec][frame % PATTERNS[codec].length] ?? assert.fail();
  return layer.packet(frame, keyFrame, { temporalLayer, sync, tl0: Math.floor(frame / 4) });
};

/** Pictures on which this one leans: the last of each layer below it, and of its own unless the pattern says that it needs none. */
const leansOn = (codec: Codec, frame: number): number[] => {
  const [temporalLayer, sync] = PATTERNS[codec][frame % PATTERNS[codec].length] ?? assert.fail();
  const lastOf = (layer: number): number => {
    let before = frame - 1;
    while (before >= 0 && layerAt(codec, before) !== layer) before -= 1;
    return before;
  };
  if (codec === 'VP8') return Array.from({ length: sync ? 1 : temporalLayer + 1 }, (_, layer) => lastOf(layer));
  // Above a switching up point's layer, on none from before it.
  const isCut = (before: number): boolean =>
    Array.from({ length: frame - before - 1 }, (_, index) => before + 1 + index).some(
      (between) => layerAt(codec, between) < layerAt(codec, before) && (PATTERNS.VP9[between % 4]?.[1] ?? false),
    );
  return Array.from({ length: temporalLayer + 1 }, (_, layer) => lastOf(layer)).filter((before) => !isCut(before));
};

for (const codec of ['VP8', 'VP9'] as const) {
  const sentFrames = (stand: OutgoingStand): number[] =>
    // The payload's number is changed; its time is not, but for one shift.
    stand.packets.map(
      ({ timestamp }) => stepBetween(stand.packets[0]?.timestamp ?? 0, timestamp, 32) / (FRAME_MS * 90),
    );

  test(`${codec}: fewer layers at once, more without a key frame, and none that leans on what was left out`, () => {
    const change = fc.record({ frames: fc.integer({ min: 1, max: 20 }), wanted: fc.integer({ min: 0, max: 2 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 10 }), (changes) => {
        const stand = new OutgoingStand();
        const layer = new VirtualLayer(1, codec);
        let frame = 0;
        for (const { frames, wanted } of changes) {
          stand.track.wantTemporalLayer(wanted);
          for (const end = frame + frames; frame < end; frame += 1) {
            stand.take(layer, packetAt(codec, layer, frame, frame === 0), frame * FRAME_MS);
          }
        }
        // Then all of them: VP8 says once in eight pictures where each layer may begin.
        stand.track.wantTemporalLayer(2);
        for (const end = frame + 24; frame < end; frame += 1) {
          stand.take(layer, packetAt(codec, layer, frame, false), frame * FRAME_MS);
        }
        const frames = sentFrames(stand);
        const sent = new Set(frames);
        assert.deepEqual(
          frames.slice(-8),
          Array.from({ length: 8 }, (_, index) => frame - 8 + index),
        );
        for (const each of frames.slice(1)) {
          for (const before of leansOn(codec, each))
            assert.ok(before < 0 || sent.has(before), `${each} leans on ${before}`);
        }
        const [parse, { packets }] = [parsers[codec], stand];
        for (const [index, packet] of packets.entries()) {
          const before = packets[index - 1];
          if (before === undefined) continue;
          assert.equal(stepBetween(before.sequenceNumber, packet.sequenceNumber, 16), 1);
          const ids = [parse(before.payload), parse(packet.payload)].map(
            (each) => each?.pictureId?.value ?? assert.fail(),
          );
          const left = codec === 'VP8' ? 1 : (frames[index] ?? 0) - (frames[index - 1] ?? 0);
          assert.equal(stepBetween(ids[0] ?? 0, ids[1] ?? 0, 15), left);
        }
      }),
    );
  });
}

test('what comes late of a layer that is left out is nothing in its place, also when it is asked for again', () => {
  const stand = new OutgoingStand();
  const layer = new VirtualLayer(1);
  stand.track.wantTemporalLayer(0);
  for (const frame of [0, 1, 2, 3, 4, 6, 7, 8, 5, 9]) {
    stand.take(layer, packetAt('VP8', layer, frame, frame === 0), frame * FRAME_MS);
  }
  const { packets } = stand;
  const [first] = packets;
  const placeOf = ({ sequenceNumber }: RtpPacket): number =>
    stepBetween(first?.sequenceNumber ?? 0, sequenceNumber, 16);
  // 5 was on its way when 6 came: its number waits for it.
  assert.deepEqual(
    packets.map((packet) => [placeOf(packet), packet.payload.length > 0]),
    [
      ...[
        [0, true],
        [1, true],
        [3, true],
        [2, false],
      ],
    ],
  );
  stand.track.resend([packets[3]?.sequenceNumber ?? 0], 10, 10_000);
  const again = stand.packets.at(-1);
  assert.deepEqual([again?.ssrc, again?.sequenceNumber, again?.payload.length], [9, packets[3]?.sequenceNumber, 0]);
});

test('what is sent again bears the numbers that it had, though more was left out since', () => {
  const stand = new OutgoingStand(false);
  const layer = new VirtualLayer(1);
  stand.track.wantTemporalLayer(1);
  for (let frame = 0; frame < 40; frame += 1) {
    if (frame === 12) stand.track.wantTemporalLayer(0);
    stand.take(layer, packetAt('VP8', layer, frame, frame === 0), frame * FRAME_MS);
  }
  const { packets } = stand;
  const ask = packets.slice(0, 5);
  stand.track.resend(
    ask.map(({ sequenceNumber }) => sequenceNumber),
    10,
    10_000,
  );
  assert.deepEqual(
    stand.packets.slice(packets.length).map(({ payload }) => [...payload]),
    ask.map(({ payload }) => [...payload]),
  );
});
