/** VP9 (RFC 9628): all spatial layers of one picture become one block, which decoders show as one picture. */
import type { PictureSize } from '../frame/frame.ts';
import { concatBytes } from '../matroska/ebml.ts';
import { ByteParts } from './byte-parts.ts';
import type { PictureAssembly, PictureFormat, WholePicture } from './picture-depacketizer.ts';
import { parseVp9Descriptor, type Vp9Descriptor } from './vp9-descriptor.ts';
import { MAX_SUPERFRAME_FRAMES, parseVp9FrameHeader, splitSuperframe, superframeIndex } from './vp9-frame.ts';

/** Where a spatial layer begins among the picture's bytes. */
type Layer = { offset: number; spatialLayer: number };

class Vp9Picture implements PictureAssembly<Vp9Descriptor> {
  readonly #parts = new ByteParts();
  readonly #layers: Layer[] = [];
  #layerSizes: readonly PictureSize[] | undefined;

  add(descriptor: Vp9Descriptor, payload: Uint8Array): boolean {
    const { startsLayer, spatialLayer, sizeBytes } = descriptor;
    if (startsLayer) this.#layers.push({ offset: this.#parts.sizeBytes, spatialLayer });
    const isTopLayer = this.#layers.at(-1)?.spatialLayer === spatialLayer;
    this.#layerSizes ??= descriptor.layerSizes;
    return isTopLayer && this.#layers.length <= MAX_SUPERFRAME_FRAMES && this.#parts.add(payload.subarray(sizeBytes));
  }

  finish(): WholePicture | undefined {
    const bytes = this.#parts.join();
    const layers = this.#layers.map(({ offset }, index) => bytes.subarray(offset, this.#layers[index + 1]?.offset));
    const base = parseVp9FrameHeader(layers[0] ?? bytes);
    if (base === undefined) return undefined;
    const data = layers.length > 1 ? joinLayers(layers) : bytes;
    if (data === undefined || !base.keyFrame) return data && { data, keyFrame: false };
    const size = this.#topSize(layers) ?? base.size;
    return size && { data, keyFrame: true, size };
  }

  /** Players show the top layer alone; the structure may tell of more layers than are sent at the moment. */
  #topSize(layers: readonly Uint8Array[]): PictureSize | undefined {
    const top = this.#layers.at(-1)?.spatialLayer ?? 0;
    const told = this.#layerSizes?.[top];
    if (told !== undefined && told.width > 0 && told.height > 0) return told;
    return parseVp9FrameHeader(layers.at(-1) ?? new Uint8Array(0))?.size;
  }
}

/** A layer that is a superframe itself gives its frames: indexes do not nest. */
const joinLayers = (layers: readonly Uint8Array[]): Uint8Array | undefined => {
  const frames = layers.flatMap(splitSuperframe);
  if (frames.length > MAX_SUPERFRAME_FRAMES) return undefined;
  return concatBytes([...frames, superframeIndex(frames.map((frame) => frame.length))]);
};

export const VP9: PictureFormat<Vp9Descriptor> = { parse: parseVp9Descriptor, begin: () => new Vp9Picture() };
