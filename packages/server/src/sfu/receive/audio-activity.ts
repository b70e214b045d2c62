/** Whether there is speech in a publication's sound, by the level that its sender writes into each packet (RFC 6464). Nothing is decoded. */
import { AUDIO_LEVEL_URI, readAudioLevel } from '@callreel/media/rtp/header-extension.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { ChosenAudio } from '@callreel/media/sdp/choose-media.ts';

export type AudioActivityOptions = {
  /** Undefined where the sender offers no levels: then nothing is known of it. */
  audio: ChosenAudio | undefined;
  onChanged(speaks: boolean): void;
};

/** A keyboard stays below it at arm's length, and a quiet voice above; libwebrtc's senders level speech to about -25. */
const SPEECH_DBOV = -45;
/** A click is shorter. */
const BEGINS_AFTER_MS = 80;
/** Between two words. */
const ENDS_AFTER_MS = 600;

export class AudioActivity {
  readonly #extensionId: number | undefined;
  readonly #onChanged: AudioActivityOptions['onChanged'];
  #speaks = false;
  /** Since when it has been loud. */
  #loudSinceMs: number | undefined;
  #loudMs = Number.NEGATIVE_INFINITY;

  constructor({ audio, onChanged }: AudioActivityOptions) {
    this.#extensionId = audio?.offered.extensions.find(({ uri }) => uri === AUDIO_LEVEL_URI)?.id;
    this.#onChanged = onChanged;
  }

  /** A packet of sound. */
  handlePacket(packet: RtpPacket, arrivalMs: number): void {
    if (this.#extensionId === undefined) return;
    const level = readAudioLevel(packet, this.#extensionId);
    if (level === undefined) return;
    if (level.levelDbov < SPEECH_DBOV) {
      if (!this.#speaks) this.#loudSinceMs = undefined;
      return;
    }
    this.#loudMs = arrivalMs;
    this.#loudSinceMs ??= arrivalMs;
    if (arrivalMs - this.#loudSinceMs >= BEGINS_AFTER_MS) this.#set(true);
  }

  /** Call it every 50 ms or so: silence may come without packets. */
  tick(nowMs: number): void {
    if (this.#speaks && nowMs - this.#loudMs >= ENDS_AFTER_MS) this.stop();
  }

  /** Nothing of it is heard any more. */
  stop(): void {
    this.#loudSinceMs = undefined;
    this.#set(false);
  }

  #set(speaks: boolean): void {
    if (this.#speaks === speaks) return;
    this.#speaks = speaks;
    this.#onChanged(speaks);
  }
}
