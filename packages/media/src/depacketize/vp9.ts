/** VP9 (RFC 9628): all spatial layers of one picture become one block, which decoders show as one picture. */
import type { PictureSize } from '../frame/frame.ts';
import { concatBytes } from '../matroska/ebml.ts';
import { ByteParts } from './byte-parts.ts';
import type { PictureAssembly, PictureFormat, WholePicture } from './picture-depacketizer.ts';
import { parseVp9Descriptor, type Vp9Descriptor } from './vp9-descriptor.ts';
import { MAX_SUPERFRAME_FRAMES, parseVp9FrameHeader, splitSuperframe, superframeIndex } from './vp9-frame.ts';

/** Where a spatial layer begins among the picture's bytes. */
type Layer = { offset: number; spatialLayer: number };

/** How large each spatial layer is: only some pictures say so. */
class LayerSizes {
  readonly #sizes = new Map<number, PictureSize>();
  #shown: PictureSize | undefined;

  learn(layer: number, size: PictureSize | undefined): void {
    if (size !== undefined && size.width > 0 && size.height > 0) this.#sizes.set(layer, size);
  }

  of(layer: number): PictureSize | undefined {
    return this.#sizes.get(layer);
  }

  /** Of a picture that is no key frame, where it differs from the one before: the top layer comes and goes between key frames too. */
  ifNew(top: number): PictureSize | undefined {
    const [before, now] = [this.#shown, this.of(top)];
    this.show(top);
    return now?.width === before?.width && now?.height === before?.height ? undefined : now;
  }

  show(top: number): void {
    this.#shown = this.of(top) ?? this.#shown;
  }

  clear(): void {
    this.#sizes.clear();
  }
}

class Vp9Picture implements PictureAssembly<Vp9Descriptor> {
  readonly #parts = new ByteParts();
  readonly #layers: Layer[] = [];
  readonly #sizes: LayerSizes;
  #layerSizes: readonly PictureSize[] | undefined;

  constructor(sizes: LayerSizes) {
    this.#sizes = sizes;
  }

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
    if (data === undefined) return undefined;
    const top = this.#layers.at(-1)?.spatialLayer ?? 0;
    if (base.keyFrame) this.#sizes.clear();
    this.#learnSizes(layers);
    if (!base.keyFrame) {
      const size = this.#sizes.ifNew(top);
      return { data, keyFrame: false, ...(size && { size }) };
    }
    this.#sizes.show(top);
    const size = this.#sizes.of(top) ?? base.size;
    return size && { data, keyFrame: true, size };
  }

  /** Players show the top layer alone; the structure may tell of more layers than are sent at the moment. */
  #learnSizes(layers: readonly Uint8Array[]): void {
    for (const [index, bytes] of layers.entries()) {
      this.#sizes.learn(this.#layers[index]?.spatialLayer ?? 0, parseVp9FrameHeader(bytes)?.size);
    }
    for (const [layer, size] of (this.#layerSizes ?? []).entries()) this.#sizes.learn(layer, size);
  }
}

/** A layer that is a superframe itself gives its frames: indexes do not nest. */
const joinLayers = (layers: readonly Uint8Array[]): Uint8Array | undefined => {
  const frames = layers.flatMap(splitSuperframe);
  if (frames.length > MAX_SUPERFRAME_FRAMES) return undefined;
  return concatBytes([...frames, superframeIndex(frames.map((frame) => frame.length))]);
};

/** One for each stream: it remembers how large its layers are. */
export const vp9Format = (): PictureFormat<Vp9Descriptor> => {
  const sizes = new LayerSizes();
  return { parse: parseVp9Descriptor, begin: () => new Vp9Picture(sizes) };
};
