/** What the payload descriptors of VP8 (RFC 7741 section 4.2) and VP9 (RFC 9628 section 4.2) say of a picture's place among the others. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { PacketFacts } from '@callreel/media/depacketize/picture-loss.ts';
import { parseVp8Descriptor } from '@callreel/media/depacketize/vp8-descriptor.ts';
import { parseVp9Descriptor } from '@callreel/media/depacketize/vp9-descriptor.ts';
import { Unwrapper } from '@callreel/media/reorder/unwrap.ts';

export type PicturePlace = {
  /** Its number, extended, and how many bits and where in the payload it has; undefined where pictures have none. */
  picture: { index: number; bits: 7 | 15; offset: number } | undefined;
  /** Counts the pictures of the base layer, 8 bits. */
  tl0: { value: number; offset: number } | undefined;
  /** 0 where the stream has no temporal layers. */
  temporalLayer: number;
  /** It leans on the base layer alone (VP8's Y). */
  layerSync: boolean;
  /** Of upper layers, later pictures lean on none from before it (VP9's U). */
  switchingUpPoint: boolean;
  /**
   * Whether a decoder waits at a hole in the pictures' numbers. VP9's tell by them which others they lean on, counting those that are left
   * out: to close a hole would be a lie.
   */
  closesUp: boolean;
};

type Layout = {
  parse: (payload: Uint8Array) => PacketFacts | undefined;
  pictureOffset: number;
  /** Bytes between the picture's number and that of the base layer's picture. */
  tl0Gap: number;
  closesUp: boolean;
};

const LAYOUTS: Partial<Record<VideoCodecName, Layout>> = {
  VP8: { parse: parseVp8Descriptor, pictureOffset: 2, tl0Gap: 0, closesUp: true },
  VP9: { parse: parseVp9Descriptor, pictureOffset: 1, tl0Gap: 1, closesUp: false },
};

/** Of one source. */
export class PicturePlaces {
  readonly #layout: Layout | undefined;
  #unwrapper: { bits: number; count: Unwrapper } | undefined;

  constructor(codec: VideoCodecName | undefined) {
    this.#layout = codec && LAYOUTS[codec];
  }

  /** Undefined where the codec has no such descriptor (H264, H265; AV1's pictures have no numbers of their own), or it is cut off. */
  read(payload: Uint8Array): PicturePlace | undefined {
    const facts = this.#layout?.parse(payload);
    return this.#layout && facts && this.#placeOf(facts, this.#layout);
  }

  #placeOf({ pictureId, tl0PictureIndex, ...facts }: PacketFacts, layout: Layout): PicturePlace {
    const { pictureOffset, tl0Gap, closesUp } = layout;
    const tl0Offset = pictureOffset + (pictureId === undefined ? 0 : (pictureId.bits + 1) / 8) + tl0Gap;
    return {
      picture: pictureId && { index: this.#extend(pictureId), bits: pictureId.bits, offset: pictureOffset },
      tl0: tl0PictureIndex === undefined ? undefined : { value: tl0PictureIndex, offset: tl0Offset },
      temporalLayer: facts.temporalLayer ?? 0,
      layerSync: facts.layerSync,
      switchingUpPoint: facts.switchingUpPoint,
      closesUp,
    };
  }

  #extend({ value, bits }: { value: number; bits: number }): number {
    if (this.#unwrapper?.bits !== bits) this.#unwrapper = { bits, count: new Unwrapper(bits) };
    return this.#unwrapper.count.next(value);
  }
}
