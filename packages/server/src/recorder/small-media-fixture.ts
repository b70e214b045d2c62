/** For tests: media that need no encoder. Their frames are told apart by their bytes, and no decoder would take them. */
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';

const FRAME_MS = 40;
const SOUND_PACKET_MS = 20;
const KEY_FRAME_EVERY = 25;
/** CELT, 20 ms, one frame. */
const OPUS_TOC = 0xf8;

/** A VP8 frame's first bytes (RFC 6386 section 9.1): a key frame's start code and size. */
const vp8Header = (keyFrame: boolean): number[] =>
  keyFrame ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00] : [0x11, 0, 0];

/** VP8 of 320x180 with a key frame a second, and Opus. */
export const smallMedia = (durationMs: number, frameBytes = 60): PreparedMedia => ({
  durationMs,
  video: {
    codec: 'VP8',
    width: 320,
    height: 180,
    framesPerSecond: 1000 / FRAME_MS,
    frames: Array.from({ length: durationMs / FRAME_MS }, (_, counter) => {
      const keyFrame = counter % KEY_FRAME_EVERY === 0;
      const data = new Uint8Array(frameBytes).fill(counter);
      data.set(vp8Header(keyFrame));
      return { counter, mediaMs: counter * FRAME_MS, keyFrame, flash: false, data };
    }),
  },
  audio: {
    packets: Array.from({ length: durationMs / SOUND_PACKET_MS }, (_, index) =>
      Uint8Array.of(OPUS_TOC, index & 0xff, index >> 8, 0),
    ),
  },
});
