/** A publisher's clock as its sender reports tell it, moved to ours by one offset for all its streams: so sound and picture stay together. */
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';

type Told = { ntpMs: number; rtpTimestamp: number; arrivalMs: number };

/** Layers, and those that took their place. */
const MAX_SOURCES = 8;

export class ReportClock {
  readonly #told = new Map<number, Told>();
  #offsetMs: number | undefined;

  /** `wallMs`: ours at its arrival, milliseconds since 1970. */
  handleReport({ ssrc, ntpMs, rtpTimestamp }: SenderReport, arrivalMs: number, wallMs: number): void {
    this.#offsetMs ??= wallMs - ntpMs;
    this.#told.delete(ssrc);
    this.#told.set(ssrc, { ntpMs, rtpTimestamp, arrivalMs });
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MAX_SOURCES) break;
      this.#told.delete(oldest);
    }
  }

  /** A publisher that connects anew may have another clock. */
  reset(): void {
    this.#told.clear();
    this.#offsetMs = undefined;
  }

  /** Our wall's time and this source's RTP timestamp, extended, at one moment: now. Undefined where it told nothing yet. */
  at(ssrc: number, ticksPerMs: number, nowMs: number): { ntpMs: number; rtpTimestamp: number } | undefined {
    const told = this.#told.get(ssrc);
    if (told === undefined || this.#offsetMs === undefined) return undefined;
    const elapsedMs = nowMs - told.arrivalMs;
    return {
      ntpMs: told.ntpMs + this.#offsetMs + elapsedMs,
      rtpTimestamp: told.rtpTimestamp + Math.round(elapsedMs * ticksPerMs),
    };
  }

  /** When a packet's content was captured, by the publisher's clock. */
  captureMs(ssrc: number, rtpTimestamp: number, ticksPerMs: number): number | undefined {
    const told = this.#told.get(ssrc);
    return told && told.ntpMs + ((rtpTimestamp - told.rtpTimestamp) | 0) / ticksPerMs;
  }
}
