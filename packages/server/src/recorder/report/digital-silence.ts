/** Tells packets that code a silence which no microphone hears: the samples of a track that is muted, all of them zero. */

/** In CELT mode digital silence is coded as such, in so few bytes. */
const SILENCE_BYTES = 3;

/** An encoder may settle on a few packets in turn. */
const LONGEST_TURN = 4;

/**
 * In SILK and hybrid mode it is not; but an encoder whose input is nothing settles on one packet and sends it again and again: 147 times the
 * same 32 bytes in the three seconds that a page of Chromium was muted. What a microphone hears is never coded twice to the byte.
 */
export class DigitalSilence {
  readonly #last: Uint8Array[] = [];

  /** Takes a track's packets one behind the other. */
  isSilence(packet: Uint8Array): boolean {
    const repeats = this.#last.some((earlier) => areSame(earlier, packet));
    this.#last.push(packet);
    if (this.#last.length > LONGEST_TURN) this.#last.shift();
    return repeats || packet.length <= SILENCE_BYTES;
  }
}

const areSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);
