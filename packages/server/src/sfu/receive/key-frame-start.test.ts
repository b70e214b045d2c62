import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VIDEO_CODEC_NAMES } from '@callreel/contract/conference.ts';
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

/** VP9's of 320x180 (VP9 specification section 6.2), and one of a frame that leans on another. */
const VP9_KEY_HEADER = [0x82, 0x49, 0x83, 0x42, 0x40, 0x13, 0xf0, 0x0b, 0x30];
const vp9 = (...payload: number[]) => readKeyFrameStart('VP9', Uint8Array.from(payload));

test('VP9: a key frame and the top layer’s size, as its own header or the structure tells', () => {
  assert.deepEqual(vp9(0x08, ...VP9_KEY_HEADER), { size: { width: 320, height: 180 } });
  const structure = [0x38, 0x01, 0x40, 0x00, 0xb4, 0x05, 0x00, 0x02, 0xd0, 0];
  assert.deepEqual(vp9(0xaa, 0x81, 0x02, 0x00, 0x07, ...structure, ...VP9_KEY_HEADER), { size: SIZE_720P });
});

test('VP9: other frames, upper layers and the middle of a key frame are none', () => {
  assert.equal(vp9(0x48, ...VP9_KEY_HEADER), undefined);
  assert.equal(vp9(0x00, ...VP9_KEY_HEADER), undefined);
  assert.equal(vp9(0x28, 0x03, 0x07, ...VP9_KEY_HEADER), undefined);
  assert.equal(vp9(0x08, 0x87, 0x01, 0x00, 0x08), undefined);
});

/** SVT-AV1's sequence header of 640x360. */
const AV1_SEQUENCE_HEADER = [0x08, 0x00, 0x00, 0x00, 0x0c, 0xc4, 0xff, 0x67, 0x12, 0xbe, 0x40, 0x10];
const av1 = (...payload: number[]) => readKeyFrameStart('AV1', Uint8Array.from(payload));

test('AV1: the first packet of a sequence, with its size where it is whole', () => {
  const first = [0x28, AV1_SEQUENCE_HEADER.length, ...AV1_SEQUENCE_HEADER, 0x30, 0x10];
  assert.deepEqual(av1(...first), { size: { width: 640, height: 360 } });
  assert.deepEqual(av1(0x18, 0x30, 0x10), { size: undefined });
  assert.equal(av1(0x20, ...first.slice(1)), undefined);
  assert.equal(av1(0x98, 0x30, 0x10), undefined);
});

/** x265's SPS of 640x360. */
const H265_SPS = [
  ...[0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3f, 0xa0],
  ...[0x05, 0x02, 0x01, 0x71, 0xf2, 0xe5, 0xba, 0x4a, 0x4c, 0x2e, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00],
  ...[0x03, 0x00, 0xc8, 0x40],
];
const h265 = (...payload: number[]) => readKeyFrameStart('H265', Uint8Array.from(payload));

test('H265: parameter sets tell the size, and an IRAP picture begins whole, aggregated or with its first fragment', () => {
  const size = { width: 640, height: 360 };
  assert.deepEqual(h265(...H265_SPS), { size });
  assert.deepEqual(h265(0x60, 0x01, 0, 3, 0x40, 0x01, 0x0c, 0, H265_SPS.length, ...H265_SPS), { size });
  assert.deepEqual(h265(0x26, 0x01, 0xa0), { size: undefined });
  assert.deepEqual(h265(0x62, 0x01, 0x93, 0xa0), { size: undefined });
});

test('H265: other pictures, and later fragments, are none', () => {
  assert.equal(h265(0x02, 0x01, 0xc0), undefined);
  assert.equal(h265(0x62, 0x01, 0x13, 0xa0), undefined);
  assert.equal(h265(0x62, 0x01, 0x81, 0xa0), undefined);
});

test('any payload: never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom(...VIDEO_CODEC_NAMES), fc.uint8Array({ maxLength: 60 }), (codec, payload) => {
      readKeyFrameStart(codec, payload);
    }),
    { numRuns: 2000 },
  );
});
