/** What is known of a hole in a track while it is open: by it the hole gets its cause when it closes. */
import type { GapCause } from '@callreel/contract/gap-cause.ts';

/** What did not come, or came and was left out, between two frames of a track. */
export type Missing = { packets: number; frames: number };

export const NOTHING_MISSING: Readonly<Missing> = { packets: 0, frames: 0 };

/** Fewer things missing than this, in a second of hole, do not explain it: the sender was silent, and lost a packet besides. */
const LEAST_MISSING_A_SECOND = 1;

export class Evidence {
  #disk = false;
  #disconnected = false;
  #backMs: number | undefined;
  #missing: Missing = { ...NOTHING_MISSING };

  /** Frames missing so far. */
  get frames(): number {
    return this.#missing.frames;
  }

  noteDisk(): void {
    this.#disk = true;
  }

  noteDisconnect(): void {
    this.#disconnected = true;
    this.#backMs = undefined;
  }

  /** Something comes over the new connection. */
  noteReturn(atMs: number): void {
    if (this.#disconnected) this.#backMs = atMs;
  }

  /**
   * Where the part of a hole ends that the lost connection explains: the whole of it, unless the new one has brought something for longer than
   * `patienceMs` and nothing of this track. Then what follows has another cause, and the lost connection is forgotten.
   */
  takeDisconnectEnd(untilMs: number, patienceMs: number): number | undefined {
    const backMs = this.#backMs;
    if (this.#disk || backMs === undefined || untilMs - backMs <= patienceMs) return undefined;
    this.#disconnected = false;
    this.#backMs = undefined;
    return backMs;
  }

  /**
   * Up to where a hole that is still open can be told of: not past the return of a connection for as long as the track may yet follow, or when
   * it is told would say what for.
   */
  certainUntilMs(untilMs: number, patienceMs: number): number {
    const backMs = this.#backMs;
    if (this.#disk || backMs === undefined || untilMs - backMs > patienceMs) return untilMs;
    return Math.min(untilMs, backMs);
  }

  note({ packets, frames }: Missing): void {
    this.#missing.packets += packets;
    this.#missing.frames += frames;
  }

  clear(): void {
    this.#disk = false;
    this.#disconnected = false;
    this.#backMs = undefined;
    this.#missing = { ...NOTHING_MISSING };
  }

  /** Why a hole of this length is there; undefined where nothing says so: then nothing was sent. One hole has one cause, the gravest. */
  causeOf(holeMs: number): GapCause | undefined {
    if (this.#disk) return 'disk';
    if (this.#disconnected) return 'disconnect';
    const { packets, frames } = this.#missing;
    if (packets + frames === 0 || packets + frames < (LEAST_MISSING_A_SECOND * holeMs) / 1000) return undefined;
    return packets > 0 ? 'loss' : 'undecodable';
  }
}
