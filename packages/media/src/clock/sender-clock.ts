/** What is further apart than this is no delay but a clock of its own. */
const SAME_CLOCK_MS = 500;
/** What has not been heard of for as long as the envelope's window says nothing about now. */
const STALE_MS = 30_000;
/** A sender has two or four tracks; a resumed one's old tracks go stale by themselves. */
const MAX_TRACKS = 16;

type Delay = { delayMs: number; atMs: number };

/**
 * A sender's NTP time to local monotonic time; one for each CNAME, shared by its tracks, so that sound and picture of one moment
 * land on one moment.
 *
 * Each track with sender reports tells its delay: the lower envelope of (arrival − sender's NTP time) over its packets of
 * the last 30 s. The least of them holds for all, since delays only add. Tracks whose delays differ by more than half a second do
 * not read one clock (one that was stepped, one that lies): they share only with those near to them, which leaves a lone liar with
 * its own arrivals.
 */
export class SenderClock {
  readonly #delays = new Map<object, Delay>();
  #newestMs = -Infinity;

  /** Takes a track's delay as of `atMs`; `track` is only a key. */
  note(track: object, delayMs: number, atMs: number): void {
    this.#newestMs = Math.max(this.#newestMs, atMs);
    this.#delays.set(track, { delayMs, atMs });
    if (this.#delays.size > MAX_TRACKS) this.#forgetOldest();
  }

  /** For a track whose reports do not hold any more. */
  forget(track: object): void {
    this.#delays.delete(track);
  }

  /** What to add to the sender's NTP time for `track`; undefined where it has told no delay. */
  delayMs(track: object): number | undefined {
    const own = this.#delays.get(track);
    if (own === undefined) return undefined;
    let least = own.delayMs;
    for (const other of this.#delays.values()) {
      const fresh = this.#newestMs - other.atMs <= STALE_MS;
      if (fresh && Math.abs(other.delayMs - own.delayMs) <= SAME_CLOCK_MS) least = Math.min(least, other.delayMs);
    }
    return least;
  }

  #forgetOldest(): void {
    let oldest: [object, Delay] | undefined;
    for (const entry of this.#delays) if (oldest === undefined || entry[1].atMs < oldest[1].atMs) oldest = entry;
    if (oldest !== undefined) this.#delays.delete(oldest[0]);
  }
}
