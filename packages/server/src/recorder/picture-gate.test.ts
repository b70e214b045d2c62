import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VideoFrame } from '@callreel/media/frame/frame.ts';
import { PictureGate } from './picture-gate.ts';

const SPS = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xda);
const OTHER_SPS = Uint8Array.of(0x67, 0x42, 0xc0, 0x1f, 0xda);
const PPS = Uint8Array.of(0x68, 0xce, 0x3c, 0x80);
const IDR = Uint8Array.of(0, 0, 0, 2, 0x65, 0x88);
const DELIMITER = Uint8Array.of(0, 0, 0, 2, 0x09, 0xf0);

const picture = (facts: Partial<VideoFrame> = {}): VideoFrame => ({
  kind: 'video',
  rtpTimestamp: 0,
  arrivalMs: 0,
  data: Uint8Array.of(1, 2, 3),
  keyFrame: false,
  ...facts,
});
const keyPicture = (width = 640): VideoFrame => picture({ keyFrame: true, size: { width, height: 360 } });
const idr = (sps: Uint8Array, data = IDR): VideoFrame =>
  picture({
    keyFrame: true,
    size: { width: 640, height: 360 },
    parameterSets: { kind: 'H264', sps, pps: [PPS] },
    data,
  });

const types = (data: Uint8Array | undefined): number[] => {
  const nalus: number[] = [];
  const view = data && new DataView(data.buffer, data.byteOffset, data.length);
  for (let offset = 0; view && offset < view.byteLength; offset += 4 + view.getUint32(offset))
    nalus.push(view.getUint8(offset + 4) & 0x1f);
  return nalus;
};

test('pictures come in from the first key frame on', () => {
  const gate = new PictureGate('VP8');
  assert.equal(gate.admit(picture()), undefined);
  assert.ok(gate.admit(keyPicture()));
  assert.ok(gate.admit(picture()));
});

test('once shut, only a key frame opens it', () => {
  const gate = new PictureGate('VP8');
  gate.admit(keyPicture());
  gate.shut();
  assert.equal(gate.admit(picture()), undefined);
  assert.ok(gate.admit(keyPicture()));
});

test('what describes the pictures is told where it is new', () => {
  const gate = new PictureGate('VP8');
  assert.deepEqual(gate.admit(keyPicture())?.description, {
    codec: 'VP8',
    width: 640,
    height: 360,
    codecPrivate: undefined,
  });
  assert.equal(gate.admit(keyPicture())?.description, undefined);
  assert.equal(gate.admit(keyPicture(320))?.description?.width, 320);
});

test('a key frame that no header can describe is not let in', () => {
  assert.equal(new PictureGate('VP8').admit(picture({ keyFrame: true })), undefined);
  assert.equal(new PictureGate('VP8').admit(keyPicture(0)), undefined);
  assert.equal(new PictureGate('H264').admit(keyPicture()), undefined);
  const huge = new Uint8Array(5000).fill(0x67);
  assert.equal(new PictureGate('H264').admit(idr(huge)), undefined);
});

test('parameter sets stand before every key frame: those after a change are not those of the header', () => {
  const gate = new PictureGate('H264');
  assert.deepEqual(types(gate.admit(idr(SPS))?.data), [7, 8, 5]);
  assert.deepEqual(types(gate.admit(idr(OTHER_SPS))?.data), [7, 8, 5]);
  assert.deepEqual(types(gate.admit(idr(SPS))?.data), [7, 8, 5]);
});

test('parameter sets that came with the picture are not doubled', () => {
  const gate = new PictureGate('H264');
  gate.admit(idr(SPS));
  const own = Uint8Array.of(...DELIMITER, 0, 0, 0, OTHER_SPS.length, ...OTHER_SPS, 0, 0, 0, PPS.length, ...PPS, ...IDR);
  assert.deepEqual(types(gate.admit(idr(OTHER_SPS, own))?.data), [9, 7, 8, 5]);
  const spsAlone = Uint8Array.of(0, 0, 0, OTHER_SPS.length, ...OTHER_SPS, ...IDR);
  assert.deepEqual(types(gate.admit(idr(OTHER_SPS, spsAlone))?.data), [7, 8, 7, 5]);
  assert.deepEqual(types(gate.admit(idr(OTHER_SPS, Uint8Array.of(...DELIMITER, ...IDR)))?.data), [9, 7, 8, 5]);
});

test('lengths that lie do no harm', () => {
  const gate = new PictureGate('H264');
  gate.admit(idr(SPS));
  for (const data of [
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 5),
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0),
    new Uint8Array(3),
  ]) {
    assert.ok(gate.admit(idr(OTHER_SPS, data)));
  }
});

test('a picture of VP9 that is no key frame may have another size; it is described, and opens nothing', () => {
  const gate = new PictureGate('VP9');
  const smaller = picture({ size: { width: 320, height: 180 } });
  assert.equal(gate.admit(smaller), undefined);
  gate.admit(keyPicture());
  const { width, height } = gate.admit(smaller)?.description ?? {};
  assert.deepEqual([width, height], [320, 180]);
  assert.equal(gate.admit(smaller)?.description, undefined);
  assert.equal(gate.admit(keyPicture())?.description?.width, 640);
});
