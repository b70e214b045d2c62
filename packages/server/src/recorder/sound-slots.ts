/**
 * Keeps a sound track without holes. Chromium plays Opus packets back to back, whatever their timestamps: after a hole of 6 s all
 * sound came 6 s early. So every stretch with no packet (DTX, loss, mute, a lost connection) gets packets of silence.
 */
import type { SoundCodec } from '@callreel/media/depacketize/sound-codec.ts';
import type { AudioFrame } from '@callreel/media/frame/frame.ts';

/** A packet of sound at its place: each starts where the one before it ends. */
export type PlacedSound = { kind: 'audio'; localMs: number; durationMs: number; data: Uint8Array };

/** The usual length of a packet; with shorter ones a disagreement of a few milliseconds is left alone all the same. */
const SLOT_MS = 20;

/** All times are milliseconds of the monotonic clock. */
export class SoundSlots {
  #positionMs: number | undefined;
  #silence: Uint8Array = new Uint8Array(0);
  #silenceMs = SLOT_MS;
  #nextRtpTimestamp: number | undefined;
  readonly #codec: SoundCodec;

  constructor(codec: SoundCodec) {
    this.#codec = codec;
  }

  /** Where the next packet goes; undefined before the first one. */
  get positionMs(): number | undefined {
    return this.#positionMs;
  }

  /**
   * Places a packet that was spoken at `localMs`. Silence comes before it where the track would run early, and it is left out
   * where the track would run late; a packet stands within a slot of its time. The first one may have silence before it too,
   * whole packets back to `beginMs`.
   */
  place(frame: AudioFrame, localMs: number, beginMs: number = localMs): PlacedSound[] {
    this.#silence = this.#codec.fillerLike(frame.data);
    this.#silenceMs = this.#codec.fillerDurationMs(frame.data);
    this.#positionMs ??= localMs - Math.floor((localMs - beginMs) / this.#silenceMs) * this.#silenceMs;
    const follows = frame.rtpTimestamp === this.#nextRtpTimestamp;
    this.#nextRtpTimestamp = frame.rtpTimestamp + (frame.durationMs * this.#codec.clockRateHz) / 1000;
    const aheadMs = localMs - this.#positionMs;
    if (aheadMs < -Math.max(SLOT_MS, frame.durationMs)) return [];
    return [...this.#fill(this.#slotsIn(aheadMs, follows)), this.#put(frame.data, frame.durationMs)];
  }

  /** Fills with silence as far as whole packets of it end at `localMs` or before. Nothing before the first packet. */
  fillUntil(localMs: number): PlacedSound[] {
    if (this.#positionMs === undefined) return [];
    return this.#fill(Math.floor((localMs - this.#positionMs) / this.#silenceMs));
  }

  /** The sender's RTP clock begins anew. */
  resume(): void {
    this.#nextRtpTimestamp = undefined;
  }

  /** A hole that the sender's own count shows is known to be one: then half a slot decides, so that a wavering clock does not. */
  #slotsIn(aheadMs: number, follows: boolean): number {
    if (!follows) return Math.round(aheadMs / this.#silenceMs);
    return aheadMs < Math.max(SLOT_MS, this.#silenceMs) ? 0 : Math.floor(aheadMs / this.#silenceMs);
  }

  #fill(count: number): PlacedSound[] {
    const filled: PlacedSound[] = [];
    for (let slot = 0; slot < count; slot++) filled.push(this.#put(this.#silence, this.#silenceMs));
    return filled;
  }

  #put(data: Uint8Array, durationMs: number): PlacedSound {
    const localMs = this.#positionMs ?? 0;
    this.#positionMs = localMs + durationMs;
    return { kind: 'audio', localMs, durationMs, data };
  }
}
