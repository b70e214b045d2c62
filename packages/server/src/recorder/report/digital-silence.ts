/** Tells packets that code a silence which no microphone hears: the samples of a track that is muted, all of them zero. */
import type { AudioCodecName } from '@callreel/contract/conference.ts';
import { isG711Silence } from '@callreel/media/depacketize/g711.ts';

/** Of Opus. In CELT mode digital silence is coded as such, in so few bytes. */
const SILENCE_BYTES = 3;

/** An encoder may settle on a few packets in turn. */
const LONGEST_TURN = 4;

/**
 * In SILK and hybrid mode it is not; but an encoder whose input is nothing settles on one packet and sends it again and again: 147 times the
 * same 32 bytes in the three seconds that a page of Chromium was muted. What a microphone hears is never coded twice to the byte. Of G.711 that is not true:
 * 20 ms hold nine whole waves of a 450 Hz ringback; there the samples themselves tell.
 */
export class DigitalSilence {
  readonly #codec: AudioCodecName;
  readonly #last: Uint8Array[] = [];

  constructor(codec: AudioCodecName) {
    this.#codec = codec;
  }

  /** Takes a track's packets one behind the other. */
  isSilence(packet: Uint8Array): boolean {
    if (this.#codec !== 'opus') return isG711Silence(this.#codec, packet);
    const repeats = this.#last.some((earlier) => areSame(earlier, packet));
    this.#last.push(packet);
    if (this.#last.length > LONGEST_TURN) this.#last.shift();
    return repeats || packet.length <= SILENCE_BYTES;
  }
}

const areSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);
