/** Round trips, by the sender reports that a subscriber's reports refer to (RFC 3550 section 6.4.1). */
import type { ReportBlock } from '@callreel/media/rtcp/receiver-report.ts';

/** Two tracks, some seconds of each. */
const REMEMBERED = 16;
/** In the sender report: after header, SSRC and the upper half of the seconds. */
const NTP_MIDDLE_OFFSET = 10;
const UNITS_PER_MS = 65.536;

export class SentReports {
  readonly #sentMs = new Map<number, number>();
  #roundTripMs: number | undefined;

  /** The latest; undefined where none was measured. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** A sender report, or a compound that begins with one. */
  handleSent(report: Uint8Array, nowMs: number): void {
    const view = new DataView(report.buffer, report.byteOffset);
    this.#sentMs.set(view.getUint32(NTP_MIDDLE_OFFSET), nowMs);
    for (const oldest of this.#sentMs.keys()) {
      if (this.#sentMs.size <= REMEMBERED) break;
      this.#sentMs.delete(oldest);
    }
  }

  handleReport({ lastSenderReport, delaySinceLastSenderReport }: ReportBlock, nowMs: number): void {
    const sentMs = lastSenderReport === 0 ? undefined : this.#sentMs.get(lastSenderReport);
    if (sentMs === undefined) return;
    this.#roundTripMs = Math.max(0, nowMs - sentMs - delaySinceLastSenderReport / UNITS_PER_MS);
  }
}
