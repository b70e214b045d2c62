/** Which temporal layers of a picture one subscriber gets: fewer at once, more only where nothing leans on what was left out. */
import type { PicturePlace } from './picture-place.ts';

/** More than either codec has. */
export const ALL_LAYERS = 7;
/** Pictures whose packets may still come late. */
const REMEMBERED = 32;

export class TemporalLayers {
  /** By RTP timestamp, whether the picture is sent. */
  readonly #judged = new Map<number, boolean>();
  #highest = ALL_LAYERS;
  /** The highest one that is to be sent. */
  wanted = ALL_LAYERS;

  /** The highest one that is sent now. */
  get highest(): number {
    return this.#highest;
  }

  /** What comes from now on is another source's. */
  forget(): void {
    this.#judged.clear();
  }

  /**
   * Whether the picture is sent: of each picture the same, whichever of its packets comes. `isNewest`: the packet did not come late.
   * `isKey`: a key frame begins with it, on which all that follows leans.
   */
  admits(place: PicturePlace, timestamp: number, { isNewest, isKey }: { isNewest: boolean; isKey: boolean }): boolean {
    const judged = this.#judged.get(timestamp);
    if (judged !== undefined) return judged;
    if (!isNewest) return place.temporalLayer <= this.#highest;
    const admitted = this.#judge(place, isKey);
    this.#judged.set(timestamp, admitted);
    for (const oldest of this.#judged.keys()) {
      if (this.#judged.size <= REMEMBERED) break;
      this.#judged.delete(oldest);
    }
    return admitted;
  }

  #judge({ temporalLayer, layerSync, switchingUpPoint }: PicturePlace, isKey: boolean): boolean {
    const isNextUp = layerSync && temporalLayer === this.#highest + 1;
    if (isKey || this.#highest > this.wanted) this.#highest = this.wanted;
    else if (this.#highest < this.wanted && isNextUp) this.#highest = temporalLayer;
    const admitted = temporalLayer <= this.#highest;
    if (admitted && switchingUpPoint) this.#highest = this.wanted;
    return admitted;
  }
}
