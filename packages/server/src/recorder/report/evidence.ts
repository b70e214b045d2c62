/** What is known of a hole in a track while it is open: by it the hole gets its cause when it closes. */
import type { GapCause } from '@callreel/contract/gap-cause.ts';

/** What did not come, or came and was left out, between two frames of a track. */
export type Missing = { packets: number; frames: number };

export const NOTHING_MISSING: Readonly<Missing> = { packets: 0, frames: 0 };

/** Fewer things missing than this, in a second of hole, do not explain it: the sender was silent, and lost a packet besides. */
const LEAST_MISSING_A_SECOND = 1;

/** A sender that is asked for a key frame when a recording goes on has brought one by then, or does not. */
const LONGEST_KEY_FRAME_WAIT_MS = 5000;
/** A track of which nothing comes for so long after a pause is one that is not sent. */
const LONGEST_RETURN_MS = 2000;

export class Evidence {
  #disk = false;
  #disconnected = false;
  #backMs: number | undefined;
  /** When the recording went on after a pause of which the hole is a part. */
  #wentOnMs: number | undefined;
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

  /** The recording rests from here on, and what was missing before is told of. A connection that is away may be for longer than that. */
  notePause(atMs: number): void {
    const isAway = this.#disconnected && (this.#backMs ?? Number.POSITIVE_INFINITY) > atMs;
    const backMs = this.#backMs;
    this.clear();
    this.#disconnected = isAway;
    if (isAway) this.#backMs = backMs;
  }

  /** It goes on: what is missing up to the next frame is so for the pause, unless the connection is away. */
  noteGoingOn(atMs: number): void {
    this.notePause(atMs);
    if (!this.#disconnected) this.#wentOnMs = atMs;
  }

  /** A pause does not explain for ever why nothing follows it. */
  settlePause(untilMs: number): void {
    if (this.#wentOnMs !== undefined && untilMs - this.#wentOnMs > this.#longestReturnMs) this.#wentOnMs = undefined;
  }

  get #longestReturnMs(): number {
    return this.#missing.packets + this.#missing.frames > 0 ? LONGEST_KEY_FRAME_WAIT_MS : LONGEST_RETURN_MS;
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
   * Up to where a hole that is still open can be told of: not past the return of a connection, or the end of a pause, for as long as the track
   * may yet follow, or when it is told would say what for.
   */
  certainUntilMs(untilMs: number, patienceMs: number): number {
    const wentOnMs = this.#wentOnMs;
    if (wentOnMs !== undefined && untilMs - wentOnMs <= LONGEST_KEY_FRAME_WAIT_MS) return Math.min(untilMs, wentOnMs);
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
    this.#wentOnMs = undefined;
    this.#missing = { ...NOTHING_MISSING };
  }

  /** Why a hole of this length is there; undefined where nothing says so: then nothing was sent. One hole has one cause, the gravest. */
  causeOf(holeMs: number): GapCause | undefined {
    if (this.#disk) return 'disk';
    if (this.#disconnected) return 'disconnect';
    if (this.#wentOnMs !== undefined) return 'pause';
    const { packets, frames } = this.#missing;
    if (packets + frames === 0 || packets + frames < (LEAST_MISSING_A_SECOND * holeMs) / 1000) return undefined;
    return packets > 0 ? 'loss' : 'undecodable';
  }
}
