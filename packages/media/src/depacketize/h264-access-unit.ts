import { ByteParts } from './byte-parts.ts';
import { NALU_TYPE, naluType, referenceIdc } from './h264-payload.ts';

/** Bounds, together with those of ByteParts, what a picture that never ends can make us keep. */
const MAX_NALUS = 4096;
const MAX_BYTES = 8 * 1024 * 1024;

/** The NAL units of one picture in the making (an access unit, H.264 section 7.4.1.2.3). */
export class AccessUnit {
  readonly rtpTimestamp: number;
  arrivalMs: number;
  #spoilt: 'incomplete' | 'malformed' | undefined;
  #nalus: Uint8Array[] = [];
  #sizeBytes = 0;
  #fragments: ByteParts | undefined;
  #hasSlice = false;
  #isReferenced = false;

  constructor(rtpTimestamp: number, arrivalMs: number) {
    this.rtpTimestamp = rtpTimestamp;
    this.arrivalMs = arrivalMs;
  }

  /** Why it cannot become a frame. */
  get spoilt(): 'incomplete' | 'malformed' | undefined {
    return this.#spoilt ?? (this.#fragments === undefined ? undefined : 'incomplete');
  }

  /** Whether it holds picture data at all, rather than parameter sets and the like alone. */
  get hasSlice(): boolean {
    return this.#hasSlice;
  }

  /** Whether its slices say that no other picture leans on it: either all of a picture's do, or none (section 7.4.1). */
  get isDiscardable(): boolean {
    return this.#hasSlice && !this.#isReferenced;
  }

  /** The first slice of an IDR picture in it. */
  get idrSlice(): Uint8Array | undefined {
    return this.#nalus.find((nalu) => naluType(nalu[0] ?? 0) === NALU_TYPE.idrSlice);
  }

  /** Takes a whole NAL unit. */
  add(nalu: Uint8Array): void {
    this.#note(nalu[0] ?? 0);
    if (this.#spoilt !== undefined) return;
    this.#sizeBytes += nalu.length;
    const fits = this.#nalus.length < MAX_NALUS && this.#sizeBytes <= MAX_BYTES;
    if (fits && this.#fragments === undefined) this.#nalus.push(nalu);
    else this.spoil('malformed');
  }

  /** Takes a piece of one; answers the whole once its last piece is there. */
  addFragment(piece: { header: number; first: boolean; last: boolean; bytes: Uint8Array }): Uint8Array | undefined {
    this.#note(piece.header);
    if (this.#spoilt !== undefined) return undefined;
    if (piece.first !== (this.#fragments === undefined)) {
      this.spoil('malformed');
      return undefined;
    }
    this.#fragments ??= new ByteParts();
    const fits = (!piece.first || this.#fragments.add(Uint8Array.of(piece.header))) && this.#fragments.add(piece.bytes);
    if (!fits) this.spoil('malformed');
    return piece.last && fits ? this.#endFragments(this.#fragments) : undefined;
  }

  spoil(reason: 'incomplete' | 'malformed'): void {
    this.#spoilt = reason;
    this.#nalus = [];
    this.#fragments = undefined;
  }

  /** Each unit behind its length in four bytes (ISO/IEC 14496-15 section 5.3.3). */
  toLengthPrefixed(): Uint8Array {
    const whole = new Uint8Array(this.#nalus.reduce((sum, nalu) => sum + 4 + nalu.length, 0));
    const view = new DataView(whole.buffer);
    let offset = 0;
    for (const nalu of this.#nalus) {
      view.setUint32(offset, nalu.length);
      whole.set(nalu, offset + 4);
      offset += 4 + nalu.length;
    }
    return whole;
  }

  #endFragments(fragments: ByteParts): Uint8Array {
    this.#fragments = undefined;
    const nalu = fragments.join();
    this.add(nalu);
    return nalu;
  }

  #note(header: number): void {
    const type = naluType(header);
    if (type < NALU_TYPE.slice || type > NALU_TYPE.idrSlice) return;
    this.#hasSlice = true;
    if (referenceIdc(header) > 0) this.#isReferenced = true;
  }
}
