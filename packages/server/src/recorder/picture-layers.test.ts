import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SenderClock } from '@callreel/media/clock/sender-clock.ts';
import { TrackClock } from '@callreel/media/clock/track-clock.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import fc from 'fast-check';
import { type LayerCut, PictureLayers } from './picture-layers.ts';
import { type TimedFrame, TrackRecorder } from './track-recorder.ts';

const HOLD_MS = 400;

/** One packet, whose last byte is its SSRC. */
const picture = (ssrc: number, sequenceNumber: number, atMs: number, keyFrame: boolean): RtpPacket => ({
  ...{ payloadType: 96, marker: true, sequenceNumber: sequenceNumber & 0xffff, timestamp: (atMs * 90) >>> 0, ssrc },
  payload: keyFrame
    ? Uint8Array.of(0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00, 0, ssrc)
    : Uint8Array.of(0x10, 0x11, 0, 0, 0, ssrc),
  extension: undefined,
});

const make = () => {
  const cuts: LayerCut[] = [];
  let needs = 0;
  const sender = new SenderClock();
  const layers = new PictureLayers({
    makeTrack: (onNeedsKeyFrame, onLeftOut) =>
      new TrackRecorder({
        codec: 'VP8',
        clock: new TrackClock({ clockRate: 90_000, sender }),
        onNeedsKeyFrame,
        onLeftOut,
      }),
    onLeftOut: () => {},
    onNeedsKeyFrame: () => {
      needs += 1;
    },
    onCut: (cut) => cuts.push(cut),
  });
  return { layers, cuts, needs: () => needs };
};

const ssrcOf = ({ frame }: TimedFrame): number => frame.data.at(-1) ?? 0;

test('until the key frame of another layer comes, all that comes late is a quarter of a second', () => {
  const { layers, needs } = make();
  layers.choose({ ssrc: 1, name: 'q', atMs: 0 });
  layers.handlePacket(picture(1, 0, 0, true), 0);
  layers.choose({ ssrc: 2, name: 'f', atMs: 0 });
  assert.deepEqual(layers.release(HOLD_MS + 200 - HOLD_MS), []);
  assert.equal(layers.release(HOLD_MS + 250 - HOLD_MS).length, 1);
  assert.ok(needs() > 0);
});

test('what was chosen and is chosen no more has no say', () => {
  const { layers, cuts } = make();
  layers.choose({ ssrc: 1, name: 'q', atMs: 0 });
  layers.handlePacket(picture(1, 0, 0, true), 0);
  layers.choose({ ssrc: 2, name: 'f', atMs: 0 });
  layers.choose({ ssrc: 1, name: 'q', atMs: 0 });
  layers.handlePacket(picture(2, 0, 33, true), 33);
  assert.deepEqual(layers.release(1000).map(ssrcOf), [1]);
  assert.deepEqual(
    cuts.map(({ name }) => name),
    ['q'],
  );
});

test('what is left at the end is of the layer that the file has', () => {
  const { layers } = make();
  layers.choose({ ssrc: 1, name: 'q', atMs: 0 });
  for (const [index, atMs] of [0, 33, 66].entries()) layers.handlePacket(picture(1, index, atMs, index === 0), atMs);
  layers.choose({ ssrc: 2, name: 'f', atMs: 66 });
  layers.handlePacket(picture(2, 0, 66, false), 66);
  assert.deepEqual(layers.flush().map(ssrcOf), [1, 1, 1]);
});

test('any packets and choices: each layer enters with a key frame, and is told of', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('picture' as const),
      ssrc: fc.integer({ min: 1, max: 9 }),
      ahead: fc.integer({ min: 1, max: 3 }),
      keyFrame: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('choose' as const), ssrc: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ kind: fc.constant('release' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const { layers, cuts } = make();
      const numbers = new Map<number, number>();
      const frames: TimedFrame[] = [];
      layers.choose({ ssrc: 1, name: '1', atMs: 0 });
      steps.forEach((one, index) => {
        const nowMs = index * 20;
        if (one.kind === 'choose') layers.choose({ ssrc: one.ssrc, name: String(one.ssrc), atMs: nowMs });
        if (one.kind === 'release') frames.push(...layers.release(nowMs - HOLD_MS));
        if (one.kind !== 'picture') return;
        const number = (numbers.get(one.ssrc) ?? 0) + one.ahead;
        numbers.set(one.ssrc, number);
        layers.handlePacket(picture(one.ssrc, number, nowMs, one.keyFrame), nowMs);
      });
      frames.push(...layers.flush());
      const entries = frames.filter(
        (frame, index) => ssrcOf(frame) !== ssrcOf(frames[index - 1] ?? frame) || index === 0,
      );
      assert.ok(entries.every(({ frame }) => frame.kind === 'video' && frame.keyFrame));
      assert.deepEqual(
        cuts.map(({ name }) => Number(name)),
        entries.map(ssrcOf),
      );
      assert.ok(frames.length <= steps.length);
    }),
  );
});
