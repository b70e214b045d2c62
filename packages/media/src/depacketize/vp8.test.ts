import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetizeVp8, type Vp8PacketizeOptions } from '@callreel/synthetic/packetize/vp8.ts';
import fc from 'fast-check';
import type { OrderedPacket } from '../reorder/ordered-packet.ts';
import { createDepacketizer } from './create.ts';
import type { DepacketizerOutput } from './depacketizer.ts';
import { vp8KeyFrameSize } from './vp8.ts';
import { parseVp8Descriptor } from './vp8-descriptor.ts';

/** A frame's bytes: only the header is real (RFC 6386 section 9.1), the rest counts up from `seed`. */
const frameBytes = (seed: number, key: boolean, sizeBytes = 2500): Uint8Array => {
  const bytes = Uint8Array.from({ length: sizeBytes }, (_, i) => (seed + i) & 0xff);
  bytes[0] = key ? 0x10 : 0x11;
  if (key) bytes.set([0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41], 3);
  return bytes;
};

type Sent = { bytes: Uint8Array; packets: OrderedPacket[] };

/** A sender whose frames are 3000 ticks apart and all but the first lean on the one before, unless options say otherwise. */
const sendFrames = (count: number, options: (index: number) => Vp8PacketizeOptions & { key?: boolean }): Sent[] => {
  let sequenceNumber = 65_530;
  return Array.from({ length: count }, (_, index) => {
    const { key = index === 0, ...rest } = options(index);
    const bytes = frameBytes(index, key);
    const payloads = packetizeVp8(bytes, rest);
    const packets = payloads.map((payload, i) => ({
      sequenceNumber: sequenceNumber++,
      rtpTimestamp: index * 3000,
      marker: i === payloads.length - 1,
      payload,
      arrivalMs: index * 33 + i,
    }));
    return { bytes, packets };
  });
};

const withPictureId = (index: number) => ({ pictureId: (0x7ffe + index) & 0x7fff });

const receive = (packets: OrderedPacket[]): DepacketizerOutput[] => {
  const depacketizer = createDepacketizer('VP8');
  return [...packets.flatMap((packet) => depacketizer.push(packet)), ...depacketizer.flush()];
};

/** What came out, in short: frame numbers, and drops with whether a key frame is wanted. */
const inShort = (outputs: DepacketizerOutput[]): string[] =>
  outputs.map((output) =>
    output.kind === 'frame'
      ? `${output.frame.rtpTimestamp / 3000}`
      : `${output.reason} ${output.rtpTimestamp / 3000}${output.needsKeyFrame ? '!' : ''}`,
  );

const without = (frames: Sent[], lost: (frame: number, packet: number) => boolean): OrderedPacket[] =>
  frames.flatMap((frame, f) => frame.packets.filter((_, p) => !lost(f, p)));

test('frames come out as they went in, key frames with their size', () => {
  const frames = sendFrames(4, withPictureId);
  const outputs = receive(frames.flatMap((frame) => frame.packets));
  assert.deepEqual(inShort(outputs), ['0', '1', '2', '3']);
  outputs.forEach((output, i) => {
    assert.ok(output.kind === 'frame' && output.frame.kind === 'video');
    assert.deepEqual(output.frame.data, frames[i]?.bytes);
    assert.equal(output.frame.arrivalMs, i * 33 + 2);
    // The two upper bits of each side are a hint for scaling: 0x4168 is 360.
    assert.deepEqual(output.frame.size, i === 0 ? { width: 640, height: 360 } : undefined);
  });
});

test('nothing comes out before the first key frame', () => {
  const frames = sendFrames(3, (index) => ({ key: index === 2 }));
  const outputs = receive(frames.flatMap((frame) => frame.packets));
  assert.deepEqual(inShort(outputs), ['waitingForKeyFrame 0!', 'waitingForKeyFrame 1!', '2']);
});

test('a stream joined in the middle of a frame waits for a key frame', () => {
  const frames = sendFrames(2, (index) => ({ key: index === 1 }));
  assert.deepEqual(inShort(receive(without(frames, (f, p) => f === 0 && p === 0))), ['incomplete 0!', '1']);
});

for (const lost of [0, 1, 2]) {
  test(`after losing packet ${lost} of a frame nothing comes out until a key frame`, () => {
    const frames = sendFrames(6, (index) => ({ ...withPictureId(index), key: index === 0 || index === 4 }));
    const outputs = receive(without(frames, (f, p) => f === 2 && p === lost));
    assert.deepEqual(inShort(outputs), ['0', '1', 'incomplete 2!', 'waitingForKeyFrame 3!', '4', '5']);
  });
}

test('a lost frame is seen by the sequence numbers, and told at the frame behind it', () => {
  const frames = sendFrames(4, withPictureId);
  const outputs = receive(without(frames, (f) => f === 2));
  assert.deepEqual(inShort(outputs), ['0', '1', 'incomplete 3!', 'waitingForKeyFrame 3!']);
});

test('a key frame with a hole does not count', () => {
  const frames = sendFrames(3, (index) => ({ key: index !== 1 }));
  assert.deepEqual(inShort(receive(without(frames, (f, p) => f === 0 && p === 1))).slice(0, 2), [
    'incomplete 0!',
    'waitingForKeyFrame 1!',
  ]);
});

for (const lost of [0, 1, 2]) {
  test(`losing packet ${lost} of a non-reference frame costs that frame alone`, () => {
    const frames = sendFrames(4, (index) => ({ ...withPictureId(index), nonReference: index === 2 }));
    assert.deepEqual(inShort(receive(without(frames, (f, p) => f === 2 && p === lost))), [
      '0',
      '1',
      'incomplete 2',
      '3',
    ]);
  });
}

test('without picture ids only a hole within the non-reference frame is explained', () => {
  const frames = sendFrames(4, (index) => ({ nonReference: index === 2 }));
  assert.deepEqual(inShort(receive(without(frames, (f, p) => f === 2 && p === 1))), ['0', '1', 'incomplete 2', '3']);
  assert.deepEqual(inShort(receive(without(frames, (f, p) => f === 2 && p === 2))).slice(2), [
    'incomplete 2!',
    'waitingForKeyFrame 3!',
  ]);
});

test('a wholly lost frame is never taken for a non-reference one', () => {
  const frames = sendFrames(4, (index) => ({ ...withPictureId(index), nonReference: index === 2 }));
  assert.deepEqual(inShort(receive(without(frames, (f) => f === 2))).slice(2), [
    'incomplete 3!',
    'waitingForKeyFrame 3!',
  ]);
});

test('lost padding is no loss, where picture ids say that no frame is missing', () => {
  const frames = sendFrames(3, withPictureId);
  for (const packet of frames[2]?.packets ?? []) packet.sequenceNumber += 5;
  assert.deepEqual(inShort(receive(frames.flatMap((frame) => frame.packets))), ['0', '1', '2']);
});

test('padding that came moves the numbers on, within a frame and between', () => {
  const frames = sendFrames(2, () => ({}));
  const padded = frames.flatMap((frame) =>
    frame.packets.flatMap((packet) => [packet, { ...packet, marker: false, payload: new Uint8Array(0) }]),
  );
  padded.forEach((packet, i) => {
    packet.sequenceNumber = i;
  });
  assert.deepEqual(inShort(receive(padded)), ['0', '1']);
});

/** Three temporal layers, 0 2 1 2; frame 4 n + 1 and + 3 are of layer 2, 4 n + 2 of layer 1; the first of each layer syncs. */
const layered = (index: number): Vp8PacketizeOptions => ({
  ...withPictureId(index),
  temporal: {
    layer: [0, 2, 1, 2][index % 4] ?? 0,
    layerSync: index % 4 === 2 || index % 8 === 1,
    tl0PictureIndex: Math.floor(index / 4) + 254,
  },
});

test('a lost frame of an upper layer costs what leans on it, until that layer syncs', () => {
  const frames = sendFrames(11, layered);
  const lostMiddle = receive(without(frames, (f, p) => f === 2 && p === 1));
  // 3 may lean on 2; 5 has no sync point and may lean on 3; 6 syncs layer 1, 9 syncs layer 2.
  assert.deepEqual(inShort(lostMiddle), [
    ...['0', '1', 'incomplete 2', 'incomplete 3', '4', 'incomplete 5', '6', 'incomplete 7', '8', '9', '10'],
  ]);
  const lostTop = receive(without(frames, (f) => f === 3));
  assert.deepEqual(inShort(lostTop).slice(3, 8), ['incomplete 4', '4', 'incomplete 5', '6', 'incomplete 7']);
});

test('a lost frame of the base layer needs a key frame', () => {
  const frames = sendFrames(8, layered);
  assert.equal(inShort(receive(without(frames, (f) => f === 4)))[4], 'incomplete 5!');
  assert.equal(inShort(receive(without(frames, (f) => f === 3 || f === 4)))[3], 'incomplete 5!');
});

test('a sender that sets no markers is parted by timestamps', () => {
  const frames = sendFrames(3, withPictureId);
  const packets = frames.flatMap((frame) => frame.packets.map((packet) => ({ ...packet, marker: false })));
  assert.deepEqual(inShort(receive(packets)), ['0', '1', 'incomplete 2']);
});

test('several partitions are one frame', () => {
  const bytes = frameBytes(0, true, 30);
  const parts = [bytes.subarray(0, 12), bytes.subarray(12, 20), bytes.subarray(20)];
  const packets = parts.map((part, i) => ({
    ...{ sequenceNumber: i, rtpTimestamp: 0, marker: i === 2, arrivalMs: 0 },
    payload: Uint8Array.of(0x10 | i, ...part),
  }));
  const [output] = receive(packets);
  assert.ok(output?.kind === 'frame');
  assert.deepEqual(output.frame.data, bytes);
});

test('every field of the descriptor is read (RFC 7741 section 4.2)', () => {
  const descriptor = parseVp8Descriptor(Uint8Array.of(0xb3, 0xf0, 0x81, 0x02, 0x07, 0xb5, 0x00));
  assert.deepEqual(descriptor, {
    sizeBytes: 6,
    nonReference: true,
    startsPicture: false,
    continuesPicture: true,
    pictureId: { value: 258, bits: 15 },
    tl0PictureIndex: 7,
    temporalLayer: 2,
    layerSync: true,
    switchingUpPoint: false,
    keyIndex: 21,
  });
  assert.deepEqual(parseVp8Descriptor(Uint8Array.of(0x80, 0x80, 0x05, 0x00))?.pictureId, { value: 5, bits: 7 });
  for (const cut of [[], [0x10], [0x90, 0x80], [0x90, 0x80, 0x81, 0x02], [0x80, 0xf0, 1, 2, 3]]) {
    assert.equal(parseVp8Descriptor(Uint8Array.from(cut)), undefined);
  }
});

test('what is no key frame has no size', () => {
  assert.equal(vp8KeyFrameSize(frameBytes(0, false)), undefined);
  assert.equal(vp8KeyFrameSize(frameBytes(0, true).subarray(0, 9)), undefined);
  assert.equal(vp8KeyFrameSize(new Uint8Array(20)), undefined);
});

test('a frame that never ends is given up, and costs bounded memory', () => {
  const depacketizer = createDepacketizer('VP8');
  const outputs: DepacketizerOutput[] = [];
  for (let sequenceNumber = 0; sequenceNumber < 20_000; sequenceNumber++) {
    const payload = Uint8Array.of(sequenceNumber === 0 ? 0x10 : 0, 0x10);
    outputs.push(
      ...depacketizer.push({
        sequenceNumber,
        rtpTimestamp: 0,
        marker: sequenceNumber === 19_999,
        payload,
        arrivalMs: 0,
      }),
    );
  }
  assert.deepEqual(inShort(outputs), ['malformed 0!']);
});

test('under any loss only whole frames come out, byte for byte, and none that leans on a lost one', () => {
  const scenario = fc.record({
    keys: fc.uniqueArray(fc.integer({ min: 1, max: 29 }), { maxLength: 4 }),
    lost: fc.uniqueArray(fc.integer({ min: 0, max: 89 }), { maxLength: 12 }),
    pictureIds: fc.boolean(),
  });
  fc.assert(
    fc.property(scenario, ({ keys, lost, pictureIds }) => {
      const frames = sendFrames(30, (index) => ({
        ...(pictureIds ? withPictureId(index) : {}),
        key: index === 0 || keys.includes(index),
      }));
      const outputs = receive(without(frames, (f, p) => lost.includes(f * 3 + p)));
      let decodable = false;
      const expected = frames.flatMap((frame, f) => {
        const whole = ![0, 1, 2].some((p) => lost.includes(f * 3 + p));
        decodable = whole && (decodable || f === 0 || keys.includes(f));
        return decodable ? [frame.bytes] : [];
      });
      assert.deepEqual(
        outputs.flatMap((output) => (output.kind === 'frame' ? [output.frame.data] : [])),
        expected,
      );
    }),
  );
});

test('hostile packets never throw, and yield no more than came', () => {
  const packet = fc.record({
    sequenceNumber: fc.integer({ min: 0, max: 20 }),
    rtpTimestamp: fc.integer({ min: 0, max: 3 }),
    marker: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 24 }),
    arrivalMs: fc.constant(0),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
      const outputs = receive(packets);
      assert.ok(outputs.length <= 3 * packets.length);
      const out = outputs.reduce((sum, each) => sum + (each.kind === 'frame' ? each.frame.data.length : 0), 0);
      assert.ok(out <= packets.reduce((sum, each) => sum + each.payload.length, 0));
    }),
    { numRuns: 500 },
  );
});
