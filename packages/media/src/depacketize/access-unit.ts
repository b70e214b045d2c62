import { ByteParts } from './byte-parts.ts';
import type { NaluFacts } from './nalu.ts';

/** Bounds, together with those of ByteParts, what a picture that never ends can make us keep. */
const MAX_NALUS = 4096;
const MAX_BYTES = 8 * 1024 * 1024;

/** The NAL units of one picture in the making (an access unit, H.264 section 7.4.1.2.3, H.265 section 7.4.2.4.4). */
export class AccessUnit {
  readonly rtpTimestamp: number;
  arrivalMs: number;
  #spoilt: 'incomplete' | 'malformed' | undefined;
  #nalus: Uint8Array[] = [];
  #sizeBytes = 0;
  #fragments: ByteParts | undefined;
  #hasSlice = false;
  #isReferenced = false;
  #leansBack = false;
  #keySlice: Uint8Array | undefined;
  readonly #factsOf: (nalu: Uint8Array) => NaluFacts;

  constructor(rtpTimestamp: number, arrivalMs: number, factsOf: (nalu: Uint8Array) => NaluFacts) {
    this.#factsOf = factsOf;
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

  /** Whether its slices say that no other picture leans on it. */
  get isDiscardable(): boolean {
    return this.#hasSlice && !this.#isReferenced;
  }

  /** Whether it may lean on pictures before the last key frame. */
  get leansBack(): boolean {
    return this.#leansBack;
  }

  /** The first slice in it of a key frame. */
  get keySlice(): Uint8Array | undefined {
    return this.#keySlice;
  }

  /** Takes a whole NAL unit. */
  add(nalu: Uint8Array): void {
    const { key } = this.#note(nalu);
    if (this.#spoilt !== undefined) return;
    if (key) this.#keySlice ??= nalu;
    this.#sizeBytes += nalu.length;
    const fits = this.#nalus.length < MAX_NALUS && this.#sizeBytes <= MAX_BYTES;
    if (fits && this.#fragments === undefined) this.#nalus.push(nalu);
    else this.spoil('malformed');
  }

  /** Takes a piece of one; answers the whole once its last piece is there. */
  addFragment(piece: { header: Uint8Array; first: boolean; last: boolean; bytes: Uint8Array }): Uint8Array | undefined {
    this.#note(piece.header);
    if (this.#spoilt !== undefined) return undefined;
    if (piece.first !== (this.#fragments === undefined)) {
      this.spoil('malformed');
      return undefined;
    }
    this.#fragments ??= new ByteParts();
    const fits = (!piece.first || this.#fragments.add(piece.header)) && this.#fragments.add(piece.bytes);
    if (!fits) this.spoil('malformed');
    return piece.last && fits ? this.#endFragments(this.#fragments) : undefined;
  }

  spoil(reason: 'incomplete' | 'malformed'): void {
    this.#spoilt = reason;
    this.#keySlice = undefined;
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

  #note(nalu: Uint8Array): NaluFacts {
    const facts = this.#factsOf(nalu);
    this.#hasSlice ||= facts.slice;
    this.#isReferenced ||= facts.slice && !facts.discardable;
    this.#leansBack ||= facts.leansBack;
    return facts;
  }
}
