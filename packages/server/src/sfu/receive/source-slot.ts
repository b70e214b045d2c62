/** The place of one stream in a publication: whose it is, and when another SSRC may take it over. */
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import type { MediaSource } from './media-source.ts';

/** Another SSRC may take over one that was silent for so long; */
const IDLE_MS = 2000;
/** or for so long, when this many packets of the other came and none of its own. */
const QUIET_MS = 500;
const PACKETS_OF_ANOTHER = 5;
/** Each change costs the recording a flush and new buffers: no more than so many in so long. */
const MAX_CHANGES = 4;
const CHANGES_WINDOW_MS = 8000;

type Challenger = { ssrc: number; packets: number; currentPackets: number };

export class SourceSlot {
  #current: MediaSource | undefined;
  #challenger: Challenger | undefined;
  #changesMs: number[] = [];

  get current(): MediaSource | undefined {
    return this.#current;
  }

  /** Whether this packet, of an SSRC that is not the current one, begins its stream here. */
  admits({ ssrc }: RtpPacket, nowMs: number): boolean {
    const current = this.#current;
    if (current === undefined) return true;
    const packets = this.#countOf(ssrc, current);
    const silentMs = nowMs - current.lastArrivalMs;
    const isQuiet = silentMs >= QUIET_MS && packets >= PACKETS_OF_ANOTHER;
    return (current.saidGoodbye || silentMs >= IDLE_MS || isQuiet) && this.#mayChange(nowMs);
  }

  /** Answers the one that was there. */
  replace(source: MediaSource, nowMs: number): MediaSource | undefined {
    const replaced = this.#current;
    this.#current = source;
    this.#challenger = undefined;
    if (replaced !== undefined) this.#changesMs = [...this.#changesMs, nowMs].slice(-MAX_CHANGES);
    return replaced;
  }

  /** How many packets of this SSRC came since the last one of the current. */
  #countOf(ssrc: number, current: MediaSource): number {
    const challenger = this.#challenger;
    const goesOn = challenger?.ssrc === ssrc && challenger.currentPackets === current.packets;
    const packets = goesOn ? challenger.packets + 1 : 1;
    this.#challenger = { ssrc, packets, currentPackets: current.packets };
    return packets;
  }

  #mayChange(nowMs: number): boolean {
    const [oldestMs] = this.#changesMs;
    return this.#changesMs.length < MAX_CHANGES || nowMs - (oldestMs ?? 0) >= CHANGES_WINDOW_MS;
  }
}
