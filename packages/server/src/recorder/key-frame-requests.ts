/** When to ask the sender for a key frame. */

/** The least between two requests, whoever asks (RFC 4585 leaves it to us; libwebrtc answers in about 40 ms). */
const LEAST_INTERVAL_MS = 500;
/** Frames are seen 400 ms after they came: an answer to the first request is not to be missed. */
const FIRST_PATIENCE_MS = 1000;
const LONGEST_PATIENCE_MS = 8000;
/** Leaves room for the answer within 10 s: seeking and merging start from key frames. */
const PERIOD_MS = 9500;
/** Whoever sends nothing is not asked. */
const ALIVE_MS = 2000;

/** Where in the period this recording has its turn, so that those who joined together are not asked together. FNV-1a, spread. */
const phaseMs = (recordingKey: string): number => {
  let hash = 0x811c9dc5;
  for (const letter of recordingKey) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return ((Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32) * PERIOD_MS;
};

export class KeyFrameRequests {
  readonly #phaseMs: number;
  readonly #request: () => void;
  #lastPacketMs: number | undefined;
  #nextPeriodicMs = Number.POSITIVE_INFINITY;
  #needed = false;
  #patienceMs = LEAST_INTERVAL_MS;
  #lastRequestMs = Number.NEGATIVE_INFINITY;

  constructor(recordingKey: string, request: () => void) {
    this.#phaseMs = phaseMs(recordingKey);
    this.#request = request;
  }

  /** A packet of the video came. The first one, and the first after `resume`, needs a key frame at once. */
  handlePacket(arrivalMs: number): void {
    if (this.#lastPacketMs === undefined) {
      this.#nextPeriodicMs = arrivalMs + this.#phaseMs;
      this.need();
    }
    this.#lastPacketMs = arrivalMs;
  }

  /** Nothing can be decoded until a key frame comes. */
  need(): void {
    if (this.#needed) return;
    this.#needed = true;
    this.#patienceMs = LEAST_INTERVAL_MS;
  }

  handleKeyFrame(): void {
    this.#needed = false;
  }

  /** Whatever came until now is of no use, or was another sender's. */
  resume(): void {
    this.#needed = false;
    this.#lastPacketMs = undefined;
    this.#lastRequestMs = Number.NEGATIVE_INFINITY;
  }

  tick(nowMs: number): void {
    if (this.#lastPacketMs === undefined || nowMs - this.#lastPacketMs > ALIVE_MS) return;
    if (nowMs >= this.#nextPeriodicMs) {
      // One that is under way already is this period's.
      this.#nextPeriodicMs = Math.max(nowMs, (this.#needed ? this.#lastRequestMs : nowMs) + PERIOD_MS);
      this.need();
    }
    if (!this.#needed || nowMs - this.#lastRequestMs < this.#patienceMs) return;
    this.#patienceMs = Math.min(Math.max(2 * this.#patienceMs, FIRST_PATIENCE_MS), LONGEST_PATIENCE_MS);
    this.#lastRequestMs = nowMs;
    this.#request();
  }
}
