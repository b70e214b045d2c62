/** The numbers in VP8's payload descriptors (RFC 7741 section 4.2), made to go on where another layer takes over: decoders wait at a leap. */
import type { Vp8Descriptor } from '@callreel/media/depacketize/vp8-descriptor.ts';
import type { PacketWriter } from './packet-writer.ts';

const PICTURE_ID_OFFSET = 2;
const LONG_PICTURE_ID = 0x80;

export class Vp8Numbers {
  #pictureIdShift = 0;
  #tl0Shift = 0;
  #lastPictureId = -1;
  #lastTl0 = -1;

  /** From this picture on the numbers are another source's. */
  begin({ pictureId, tl0PictureIndex }: Vp8Descriptor): void {
    if (pictureId !== undefined) this.#pictureIdShift = this.#lastPictureId + 1 - pictureId.value;
    if (tl0PictureIndex !== undefined) this.#tl0Shift = this.#lastTl0 + 1 - tl0PictureIndex;
  }

  /** Changes the payload that was laid down. `isNewest`: no packet of a later picture went out. */
  rewrite({ pictureId, tl0PictureIndex }: Vp8Descriptor, writer: PacketWriter, isNewest: boolean): void {
    let offset = PICTURE_ID_OFFSET;
    if (pictureId !== undefined) {
      const value = (pictureId.value + this.#pictureIdShift) & (2 ** pictureId.bits - 1);
      if (pictureId.bits === 15) writer.setPayloadByte(offset++, LONG_PICTURE_ID | (value >> 8));
      writer.setPayloadByte(offset++, value & 0xff);
      if (isNewest) this.#lastPictureId = value;
    }
    if (tl0PictureIndex !== undefined) {
      const value = (tl0PictureIndex + this.#tl0Shift) & 0xff;
      writer.setPayloadByte(offset, value);
      if (isNewest) this.#lastTl0 = value;
    }
  }
}
