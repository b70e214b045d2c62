/** VP8 (RFC 7741). */
import type { PictureSize } from '../frame/frame.ts';
import { ByteParts } from './byte-parts.ts';
import type { PictureAssembly, PictureFormat, WholePicture } from './picture-depacketizer.ts';
import { parseVp8Descriptor, type Vp8Descriptor } from './vp8-descriptor.ts';

/** The width and height of a key frame (RFC 6386 section 9.1); undefined where the bytes are not the start of one. */
export const vp8KeyFrameSize = (frame: Uint8Array): PictureSize | undefined => {
  const [first = 1, , , sync0, sync1, sync2, widthLow = 0, widthHigh = 0, heightLow = 0, heightHigh] = frame;
  if (first & 1 || sync0 !== 0x9d || sync1 !== 0x01 || sync2 !== 0x2a || heightHigh === undefined) return undefined;
  // The upper two bits of each are a hint for scaling up when shown.
  const width = ((widthHigh & 0x3f) << 8) | widthLow;
  const height = ((heightHigh & 0x3f) << 8) | heightLow;
  return width > 0 && height > 0 ? { width, height } : undefined;
};

class Vp8Picture implements PictureAssembly<Vp8Descriptor> {
  readonly #parts = new ByteParts();

  add(descriptor: Vp8Descriptor, payload: Uint8Array): boolean {
    return this.#parts.add(payload.subarray(descriptor.sizeBytes));
  }

  finish(): WholePicture | undefined {
    const data = this.#parts.join();
    const keyFrame = ((data[0] ?? 1) & 1) === 0;
    if (!keyFrame) return { data, keyFrame };
    const size = vp8KeyFrameSize(data);
    return size && { data, keyFrame, size };
  }
}

export const VP8: PictureFormat<Vp8Descriptor> = { parse: parseVp8Descriptor, begin: () => new Vp8Picture() };
