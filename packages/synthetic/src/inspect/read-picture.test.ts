import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import fc from 'fast-check';
import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  AV_PIX_FMT_YUV420P,
  Codec,
  CodecContext,
  Frame,
  Packet,
  SoftwareScaleContext,
  SWS_BILINEAR,
} from 'node-av';
import { callerLook } from '../prepare/caller-look.ts';
import { COUNTER_MODULUS } from '../prepare/counter.ts';
import { encodeVideo, type VideoPlan } from '../prepare/encode-video.ts';
import { makePicture, type Picture } from '../prepare/picture.ts';
import { findPicture } from './find-picture.ts';
import { pictureOf } from './native-frame.ts';
import { readPicture, wholeOf } from './read-picture.ts';

const CODEC_IDS = {
  VP8: AV_CODEC_ID_VP8,
  H264: AV_CODEC_ID_H264,
  VP9: AV_CODEC_ID_VP9,
  AV1: AV_CODEC_ID_AV1,
  H265: AV_CODEC_ID_HEVC,
} as const;

/** Encodes a picture for each counter at a low bit rate, decodes it again and looks at it. */
const afterCoding = (
  plan: VideoPlan,
  counters: readonly number[],
  look: (frame: Frame, index: number) => void,
): void => {
  const codec = Codec.findDecoder(CODEC_IDS[plan.codec]);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  assert.equal(context.open2Sync(codec), 0);
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  let decoded = 0;
  const drain = (): void => {
    while (context.receiveFrameSync(frame) >= 0) look(frame, decoded++);
  };
  for (const { data } of encodeVideo(plan, counters)) {
    packet.data = Buffer.from(data);
    assert.equal(context.sendPacketSync(packet), 0);
    drain();
  }
  context.sendPacketSync(null);
  drain();
  packet.free();
  frame.free();
  context.freeContext();
  assert.equal(decoded, counters.length);
};

const planOf = (codec: VideoCodecName, bitsPerSecond: number, hueDegrees: number): VideoPlan => ({
  codec,
  width: 640,
  height: 360,
  framesPerSecond: 25,
  bitsPerSecond,
  keyFrameIntervalMs: 1000,
  hueDegrees,
  textured: true,
});

/** Scales a frame to a quarter of its width and height, into a place on a dark canvas. */
const compose = (frame: Frame, left: number, top: number): Picture => {
  const canvas = makePicture(1280, 720);
  canvas.y.data.fill(24);
  canvas.u.data.fill(128);
  canvas.v.data.fill(128);
  const { y, u, v } = canvas;
  const target = [
    Buffer.from(y.data.buffer).subarray(top * y.stride + left),
    Buffer.from(u.data.buffer).subarray((top / 2) * u.stride + left / 2),
    Buffer.from(v.data.buffer).subarray((top / 2) * v.stride + left / 2),
  ];
  const scaler = new SoftwareScaleContext();
  scaler.getContext(frame.width, frame.height, AV_PIX_FMT_YUV420P, 160, 90, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
  scaler.scaleSync(frame.data ?? [], frame.linesize, 0, frame.height, target, [y.stride, u.stride, v.stride]);
  scaler.freeContext();
  return canvas;
};

const counterLists = fc.array(fc.nat(COUNTER_MODULUS - 1), { minLength: 2, maxLength: 12 });
const codecs = fc.constantFrom<VideoCodecName>('VP8', 'H264');
const hues = fc.integer({ min: 0, max: 5 }).map((index) => callerLook(index).hueDegrees);

test('counter and flash survive coding at 80 kbit/s, whatever the counters', () => {
  fc.assert(
    fc.property(counterLists, codecs, hues, (counters, codec, hue) => {
      afterCoding(planOf(codec, 80_000, hue), counters, (frame, index) => {
        const picture = pictureOf(frame);
        const counter = counters[index] ?? -1;
        assert.deepEqual(readPicture(picture, wholeOf(picture)), { counter, flash: counter % 25 < 2 });
      });
    }),
    { numRuns: 12 },
  );
});

test('a picture scaled to a quarter into a tile is found by its hue and read', () => {
  const places = fc.record({ left: fc.nat(560).map((x) => 2 * x), top: fc.nat(310).map((y) => 2 * y) });
  fc.assert(
    fc.property(counterLists, codecs, hues, places, (counters, codec, hue, { left, top }) => {
      afterCoding(planOf(codec, 150_000, hue), counters, (frame, index) => {
        const canvas = compose(frame, left, top);
        const place = findPicture(canvas, hue, wholeOf(canvas));
        assert.ok(place, 'the picture was not found');
        const counter = counters[index] ?? -1;
        assert.deepEqual(readPicture(canvas, place), { counter, flash: counter % 25 < 2 });
      });
    }),
    { numRuns: 8 },
  );
});

test('a canvas without this hue has no picture of it', () => {
  afterCoding(planOf('VP8', 300_000, callerLook(0).hueDegrees), [7], (frame) => {
    const canvas = compose(frame, 100, 100);
    assert.equal(findPicture(canvas, callerLook(1).hueDegrees, wholeOf(canvas)), undefined);
  });
});
