/** Whether a sender keeps to what it is allowed to send. */

/** Congestion and its cure take seconds; an average of less says nothing. */
const WINDOW_MS = 10_000;
/** Encoders overshoot, and simple ones take their time to follow. */
const TOLERANCE = 1.25;
/** Two windows one behind the other: 20 s. */
const WINDOWS_TO_TELL = 2;

type Window = { startMs: number; startBytes: number; allowedBitsPerSecond: number };

export class BitrateWatch {
  #window: Window | undefined;
  #windowsOver = 0;
  #ignored = false;

  /** For 20 s it sent a quarter more than it was allowed, or than that. */
  get ignored(): boolean {
    return this.#ignored;
  }

  /** About every second; `payloadBytes` counts from the connection's start. */
  handleCounts(payloadBytes: number, allowedBitsPerSecond: number, nowMs: number): void {
    if (allowedBitsPerSecond <= 0) return;
    const window = this.#window;
    if (window === undefined || payloadBytes < window.startBytes) {
      this.restart();
      this.#window = { startMs: nowMs, startBytes: payloadBytes, allowedBitsPerSecond };
      return;
    }
    window.allowedBitsPerSecond = Math.max(window.allowedBitsPerSecond, allowedBitsPerSecond);
    const elapsedMs = nowMs - window.startMs;
    if (elapsedMs < WINDOW_MS) return;
    const bitsPerSecond = (8000 * (payloadBytes - window.startBytes)) / elapsedMs;
    this.#windowsOver = bitsPerSecond > TOLERANCE * window.allowedBitsPerSecond ? this.#windowsOver + 1 : 0;
    this.#ignored ||= this.#windowsOver >= WINDOWS_TO_TELL;
    this.#window = { startMs: nowMs, startBytes: payloadBytes, allowedBitsPerSecond };
  }

  /** What follows is another connection's. */
  restart(): void {
    this.#window = undefined;
    this.#windowsOver = 0;
  }
}
