/** One sender report: at the sender's `ntpMs` the track was at `mediaMs` (RTP time at the nominal rate). */
export type Report = { mediaMs: number; ntpMs: number; arrivalMs: number };

/** `refitted`: the line was begun anew from this report and those that agree with it. `ignored`: it says nothing new. */
export type ReportVerdict = 'accepted' | 'rejected' | 'refitted' | 'ignored';

const MAX_RESIDUAL_MS = 100;
/** So many in a row that agree with each other against the line are right, and the line is wrong. */
const REPORTS_TO_REFIT = 3;
/** With fewer the nominal rate and the newest report are all there is. */
const REPORTS_FOR_A_SLOPE = 3;
const WINDOW_MS = 120_000;
const MAX_REPORTS = 64;
/** From here on a shift of the arrivals is no jitter, and speaks for a report that says the same. */
const MIN_CORROBORATED_MS = 500;
const MAX_CORROBORATION_ERROR_MS = 250;
/** No crystal is off by more, nor does any time daemon slew faster. */
const MAX_SLOPE = 0.001;
/**
 * How far the slope is drawn towards the nominal rate: (noise of a report, 5 ms, over the usual error of a crystal, 1e-4)^2.
 * Without it, three reports over 2 s with 10 ms of noise would be extrapolated at 5000 ppm; with it a true 200 ppm costs
 * at most 2 ms at the line's end, whatever the span.
 */
const SLOPE_PRIOR_MS2 = (5 / 1e-4) ** 2;

type Line = { mediaMs: number; offsetMs: number; slope: number };

const shiftOf = (report: Report): number => report.ntpMs - report.mediaMs;

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const fitLine = (reports: Report[]): Line => {
  const newest = reports.at(-1);
  if (newest === undefined) throw new TypeError('reports: at least one wanted');
  if (reports.length < REPORTS_FOR_A_SLOPE) return { mediaMs: newest.mediaMs, offsetMs: shiftOf(newest), slope: 0 };
  const mediaMs = mean(reports.map((report) => report.mediaMs));
  const offsetMs = mean(reports.map(shiftOf));
  let products = 0;
  let squares = SLOPE_PRIOR_MS2;
  for (const report of reports) {
    products += (report.mediaMs - mediaMs) * (shiftOf(report) - offsetMs);
    squares += (report.mediaMs - mediaMs) ** 2;
  }
  return { mediaMs, offsetMs, slope: Math.max(-MAX_SLOPE, Math.min(MAX_SLOPE, products / squares)) };
};

const ntpAt = (line: Line, mediaMs: number): number => mediaMs + line.offsetMs + line.slope * (mediaMs - line.mediaMs);

/**
 * RTP time to the sender's NTP time, for one SSRC: a line through the sender reports of the last two minutes.
 *
 * A report more than 100 ms off the line is put aside. The line is begun anew when three such in a row agree with each other
 * (two, where the line rests on one alone), or at once when the arrivals moved by what the report says. So one lie costs nothing, a
 * first report that lies costs until the third honest one, and a sender that stepped its clock is followed.
 */
export class ReportFit {
  #reports: Report[] = [];
  #aside: Report[] = [];
  #line: Line | undefined;

  /** `arrivalShiftMs`: how far recent packets are above the envelope of their arrivals. */
  add(report: Report, arrivalShiftMs: number): ReportVerdict {
    if (!Number.isFinite(report.ntpMs) || !Number.isFinite(report.mediaMs)) return 'ignored';
    const last = this.#reports.at(-1);
    if (last?.ntpMs === report.ntpMs && last.mediaMs === report.mediaMs) return 'ignored';
    const residualMs = this.#line === undefined ? 0 : report.ntpMs - ntpAt(this.#line, report.mediaMs);
    if (Math.abs(residualMs) <= MAX_RESIDUAL_MS) {
      this.#accept(report);
      return 'accepted';
    }
    return this.#putAside(report, residualMs, arrivalShiftMs);
  }

  /** The sender's NTP time of a media time; undefined before the first report. */
  ntpMs(mediaMs: number): number | undefined {
    return this.#line === undefined ? undefined : ntpAt(this.#line, mediaMs);
  }

  #accept(report: Report): void {
    this.#aside = [];
    this.#reports.push(report);
    const oldestMs = report.arrivalMs - WINDOW_MS;
    while (this.#reports.length > MAX_REPORTS || (this.#reports[0]?.arrivalMs ?? oldestMs) < oldestMs) {
      this.#reports.shift();
    }
    this.#line = fitLine(this.#reports);
  }

  #putAside(report: Report, residualMs: number, arrivalShiftMs: number): ReportVerdict {
    const last = this.#aside.at(-1);
    if (last !== undefined && Math.abs(shiftOf(report) - shiftOf(last)) > MAX_RESIDUAL_MS) this.#aside = [];
    const repeated = last?.ntpMs === report.ntpMs && last.mediaMs === report.mediaMs;
    if (!repeated) this.#aside.push(report);
    const corroborated =
      Math.abs(residualMs) > MIN_CORROBORATED_MS && Math.abs(residualMs - arrivalShiftMs) <= MAX_CORROBORATION_ERROR_MS;
    const enough = Math.min(REPORTS_TO_REFIT, this.#reports.length + 1);
    if (!corroborated && this.#aside.length < enough) return 'rejected';
    this.#reports = this.#aside;
    this.#aside = [];
    this.#line = fitLine(this.#reports);
    return 'refitted';
  }
}
