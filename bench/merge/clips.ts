/** The recordings that are merged: a still room, a head that moves, and the noise of a camera, always the same. */
import { join } from 'node:path';
import type { CompositeSource } from '@callreel/server/compositor/protocol.ts';
import { type ClipVideo, makeClip, tone } from '@callreel/server/compositor/test-media.ts';

export type ClipShape = { count: number; width: number; height: number; seconds: number };

const FRAMES_PER_SECOND = 30;
const NOISE = 5;
const NOISE_BYTES = 1 << 20;

/** Numbers that look like chance and come out the same everywhere (xorshift32). */
const noiseOf = (seed: number): Int8Array => {
  let state = seed;
  return Int8Array.from({ length: NOISE_BYTES }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 8) % (2 * NOISE + 1)) - NOISE;
  });
};

const roomLuma = (x: number, y: number, seed: number): number =>
  110 + 50 * Math.sin(x / 37 + seed) * Math.cos(y / 23) + 20 * Math.sin((x * y) / 900 + seed);

/** A head half as high as the picture that nods and sways, striped so that its motion shows. */
const headLuma = (x: number, y: number): number => 150 + 40 * Math.sin(x / 5) * Math.sin(y / 7);

const cameraPicture = (seed: number, width: number, height: number): ClipVideo['paint'] => {
  const room = Uint8Array.from({ length: width * height }, (_, i) => roomLuma(i % width, Math.floor(i / width), seed));
  const noise = noiseOf(seed * 7919 + 1);
  return ([luma, u, v], _size, ms) => {
    const swayX = Math.round(width * 0.04 * Math.sin((2 * ms) / 1000 + seed));
    const nodY = Math.round(height * 0.03 * Math.sin((3 * ms) / 1000));
    const [centreX, centreY, radius] = [width / 2 + swayX, height * 0.55 + nodY, height / 4];
    let at = (Math.round(ms) * 9973) % NOISE_BYTES;
    for (let y = 0; y < height; y++) {
      const halfWidth = Math.sqrt(Math.max(0, radius ** 2 - (y - centreY) ** 2)) * 0.8;
      for (let x = 0; x < width; x++) {
        const inHead = Math.abs(x - centreX) < halfWidth;
        const base = inHead ? headLuma(x - swayX, y - nodY) : (room[y * width + x] ?? 0);
        luma.data[y * luma.stride + x] = base + (noise[at++ % NOISE_BYTES] ?? 0);
      }
    }
    u.data.fill(110 + seed * 6);
    v.data.fill(150 - seed * 5);
  };
};

/** Writes the clips into `folder`: VP8 and Opus, as browsers send them. */
export const makeClips = (folder: string, { count, width, height, seconds }: ClipShape): CompositeSource[] =>
  Array.from({ length: count }, (_, index) => {
    const path = join(folder, `member${index}.webm`);
    makeClip({
      path,
      durationMs: seconds * 1000,
      video: {
        codec: 'VP8',
        framesPerSecond: FRAMES_PER_SECOND,
        sizes: [{ fromMs: 0, width, height }],
        bitsPerSecond: 600_000,
        paint: cameraPicture(index + 1, width, height),
      },
      audio: { channels: 1, sampleAt: tone(300 * (index + 1), 0.2) },
    });
    return {
      path,
      label: `member-${index + 1}`,
      kind: 'av',
      startMs: 0,
      endMs: seconds * 1000,
      hasVideo: true,
      hasAudio: true,
      memberId: `m${index}`,
    };
  });
