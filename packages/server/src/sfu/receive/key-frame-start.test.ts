import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readKeyFrameStart } from './key-frame-start.ts';

/** A VP8 key frame's header of 1280x720 (RFC 6386 section 9.1). */
const VP8_KEY_HEADER = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
/** From a file of x264's at 1280x720, baseline. */
const SPS_720P = [
  ...[0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe8, 0x40, 0x00, 0x00],
  ...[0x03, 0x00, 0x40, 0x00, 0x00, 0x0f, 0x03, 0xc6, 0x0c, 0xa8],
];
const SIZE_720P = { width: 1280, height: 720 };

const vp8 = (...payload: number[]) => readKeyFrameStart('VP8', Uint8Array.from(payload));
const h264 = (...payload: number[]) => readKeyFrameStart('H264', Uint8Array.from(payload));

test('VP8: a key frame and its size, behind any descriptor', () => {
  assert.deepEqual(vp8(0x10, ...VP8_KEY_HEADER), { size: SIZE_720P });
  assert.deepEqual(vp8(0x90, 0xe0, 0x81, 0x02, 0x07, 0x20, ...VP8_KEY_HEADER), { size: SIZE_720P });
});

test('VP8: other frames, and the middle of a key frame, are none', () => {
  assert.equal(vp8(0x10, 0x11, 0x02, 0x00), undefined);
  assert.equal(vp8(0x00, ...VP8_KEY_HEADER), undefined);
  assert.equal(vp8(0x11, ...VP8_KEY_HEADER), undefined);
});

test('H264: parameter sets tell the size, alone or aggregated', () => {
  assert.deepEqual(h264(...SPS_720P), { size: SIZE_720P });
  const pps = [0x68, 0xce, 0x3c, 0x80];
  assert.deepEqual(h264(0x78, 0, SPS_720P.length, ...SPS_720P, 0, pps.length, ...pps), { size: SIZE_720P });
});

test('H264: an IDR picture, whole, aggregated or its first fragment', () => {
  assert.deepEqual(h264(0x65, 0x88), { size: undefined });
  assert.deepEqual(h264(0x78, 0, 2, 0x65, 0x88), { size: undefined });
  assert.deepEqual(h264(0x7c, 0x85, 0x88), { size: undefined });
});

test('H264: other pictures, and later fragments, are none', () => {
  assert.equal(h264(0x41, 0x9a), undefined);
  assert.equal(h264(0x7c, 0x05, 0x88), undefined);
  assert.equal(h264(0x7c, 0x81, 0x88), undefined);
});

test('any payload: never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom('VP8', 'H264'), fc.uint8Array({ maxLength: 60 }), (codec, payload) => {
      readKeyFrameStart(codec, payload);
    }),
    { numRuns: 2000 },
  );
});
