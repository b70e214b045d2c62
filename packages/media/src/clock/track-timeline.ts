import { ArrivalEnvelope } from './arrival-envelope.ts';
import { type Report, ReportFit } from './report-fit.ts';
import type { SenderClock } from './sender-clock.ts';

/** How far arrivals must stay above the envelope, for five seconds, before a track without reports is taken to have paused. */
const PAUSED_ABOVE_MS = 1000;

/** One unbroken run of a track's RTP time, in milliseconds at the nominal rate, and what is known about it. */
export class TrackTimeline {
  readonly #sender: SenderClock;
  readonly #arrivals = new ArrivalEnvelope();
  readonly #reports = new ReportFit();
  #newestMediaMs = -Infinity;
  #newestArrivalMs = -Infinity;

  constructor(sender: SenderClock) {
    this.#sender = sender;
  }

  /** The newest media time that came. */
  get newestMediaMs(): number {
    return this.#newestMediaMs;
  }

  /** The lower envelope of arrival minus media time; Infinity before the first packet. */
  get transitMs(): number {
    return this.#arrivals.transitMs;
  }

  arrival(mediaMs: number, arrivalMs: number): void {
    if (mediaMs > this.#newestMediaMs) this.#newestMediaMs = mediaMs;
    this.#newestArrivalMs = arrivalMs;
    if (!this.#arrivals.observe(arrivalMs - mediaMs, arrivalMs)) return;
    if (this.#reports.ntpMs(mediaMs) === undefined) this.#followPause();
    else this.#noteDelay();
  }

  report(report: Report): void {
    const shiftMs = this.#arrivals.recentTransitMs - this.#arrivals.transitMs;
    const verdict = this.#reports.add(report, shiftMs);
    // The clock was stepped, or the media time stood still: either way earlier arrivals say nothing about the new line.
    if (verdict === 'refitted' && this.#newestArrivalMs !== -Infinity) this.#arrivals.restart();
    if (verdict === 'accepted' || verdict === 'refitted') this.#noteDelay();
  }

  /** Local time of a media time by what is known now; undefined before the first packet. */
  localMs(mediaMs: number): number | undefined {
    if (this.#newestArrivalMs === -Infinity) return undefined;
    const ntpMs = this.#reports.ntpMs(mediaMs);
    const delayMs = ntpMs === undefined ? undefined : this.#sender.delayMs(this);
    return ntpMs === undefined || delayMs === undefined ? mediaMs + this.#arrivals.transitMs : ntpMs + delayMs;
  }

  /** No packets of this run will come any more. */
  end(): void {
    this.#sender.forget(this);
  }

  /** Without reports nobody tells a pause of the RTP clock from congestion; five seconds a second above is no congestion. */
  #followPause(): void {
    const sustainedMs = this.#arrivals.sustainedTransitMs;
    if (sustainedMs !== undefined && sustainedMs > this.#arrivals.transitMs + PAUSED_ABOVE_MS) this.#arrivals.restart();
  }

  #noteDelay(): void {
    const ntpMs = this.#reports.ntpMs(this.#newestMediaMs);
    if (ntpMs === undefined || this.#newestArrivalMs === -Infinity) return;
    this.#sender.note(this, this.#newestMediaMs + this.#arrivals.transitMs - ntpMs, this.#newestArrivalMs);
  }
}
