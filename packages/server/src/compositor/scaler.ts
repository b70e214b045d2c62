/** Scales pictures of any size and format to 4:2:0, keeping what it has set up for each pair of sizes. */
import { AV_PIX_FMT_YUV420P, type AVPixelFormat, SWS_BILINEAR } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import { check, present } from './native.ts';
import { copyPlane, type Planes, planesOf } from './plane.ts';

/**
 * swscale's vector code writes whole vectors: up to 7 pixels beyond the right edge were seen, into the neighbouring tile
 * or past the end of the canvas. Luma widths that divide by this leave whole vectors in the planes of colour too.
 */
const SAFE_WIDTH_STEP = 32;

/** `spare`: where widths that are not safe are scaled to first. */
type Setup = { context: SoftwareScaleContext; spare: { frame: Frame; planes: Planes } | undefined };

export class Scaler {
  readonly #setups = new Map<string, Setup>();

  /** Scales `picture` to `width` x `height` from the start of `planes`, which may belong to a larger picture. */
  scale(picture: Frame, planes: Planes, width: number, height: number): void {
    const { context, spare } = this.#setupFor(picture, width, height);
    const target = spare?.planes ?? planes;
    const data = target.map((plane) => plane.data);
    const strides = target.map((plane) => plane.stride);
    const source = present(picture.data, 'reading a decoded picture');
    check(context.scaleSync(source, picture.linesize, 0, picture.height, data, strides), 'scaling a picture');
    if (!spare) return;
    copyPlane(spare.planes[0], planes[0], width, height);
    copyPlane(spare.planes[1], planes[1], width / 2, height / 2);
    copyPlane(spare.planes[2], planes[2], width / 2, height / 2);
  }

  close(): void {
    for (const { context, spare } of this.#setups.values()) {
      context.freeContext();
      spare?.frame.free();
    }
    this.#setups.clear();
  }

  #setupFor(picture: Frame, width: number, height: number): Setup {
    const key = `${picture.width}x${picture.height}/${picture.format}>${width}x${height}`;
    const known = this.#setups.get(key);
    if (known) return known;
    const context = new SoftwareScaleContext();
    const format = picture.format as AVPixelFormat;
    context.getContext(picture.width, picture.height, format, width, height, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
    const setup = { context, spare: width % SAFE_WIDTH_STEP === 0 ? undefined : allocateSpare(width, height) };
    this.#setups.set(key, setup);
    return setup;
  }
}

const allocateSpare = (width: number, height: number): Setup['spare'] => {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = Math.ceil(width / SAFE_WIDTH_STEP) * SAFE_WIDTH_STEP;
  frame.height = height;
  check(frame.getBuffer(0), 'allocating a picture to scale to');
  return { frame, planes: planesOf(frame) };
};
