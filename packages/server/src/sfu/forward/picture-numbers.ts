/** The numbers of pictures, made to go on where another source takes over or pictures are left out: decoders wait at a hole. */
import type { PacketWriter } from './packet-writer.ts';
import type { PicturePlace } from './picture-place.ts';
import { SequenceMap } from './sequence-map.ts';

const LONG_PICTURE_ID = 0x80;

export class PictureNumbers {
  readonly #pictures = new SequenceMap();
  #tl0Shift = 0;
  #lastTl0 = -1;

  /** From this picture on the numbers are another source's. */
  begin({ picture, tl0 }: PicturePlace): void {
    if (picture !== undefined) this.#pictures.restart(picture.index, this.#pictures.next);
    if (tl0 !== undefined) this.#tl0Shift = this.#lastTl0 + 1 - tl0.value;
  }

  /** It is not sent. */
  leaveOut({ picture, closesUp }: PicturePlace): void {
    if (picture !== undefined && closesUp) this.#pictures.leaveOut(picture.index);
  }

  /** Changes the payload that was laid down. `isNewest`: no packet of a later picture went out. */
  rewrite({ picture, tl0 }: PicturePlace, writer: PacketWriter, isNewest: boolean): void {
    const number = picture && this.#pictures.map(picture.index);
    if (picture !== undefined && number !== undefined) {
      const { bits, offset } = picture;
      if (bits === 15) writer.setPayloadByte(offset, LONG_PICTURE_ID | ((number >> 8) & 0x7f));
      writer.setPayloadByte(bits === 15 ? offset + 1 : offset, bits === 15 ? number & 0xff : number & 0x7f);
    }
    if (tl0 === undefined) return;
    const value = (tl0.value + this.#tl0Shift) & 0xff;
    writer.setPayloadByte(tl0.offset, value);
    if (isNewest) this.#lastTl0 = value;
  }
}
