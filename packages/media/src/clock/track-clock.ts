import { Unwrapper } from '../reorder/unwrap.ts';
import type { SenderClock } from './sender-clock.ts';
import { type ClockStep, Slew } from './slew.ts';
import { TrackTimeline } from './track-timeline.ts';

/** A transit that far from the envelope is another timeline, or noise: no queue holds 10 s. */
const JUMP_MS = 10_000;
/** So many packets in a row that agree within a second on where the timeline went. */
const PACKETS_OF_A_JUMP = 3;
const JUMP_AGREES_MS = 1000;
/** Packets from before a jump wait in reorder buffers for less than this. */
const OLD_TIMELINE_MS = 2000;

type Jump = { transitMs: number; packets: number };

/**
 * One track's RTP time to local time (the monotonic clock's milliseconds; less the conference's zero it is conference time).
 *
 * Rules
 * 1. Until the first sender report: RTP time at the nominal rate, plus the least transit of the last 30 s (its own packets').
 * 2. From the first report on: RTP time → the sender's NTP time by this track's reports (ReportFit: nominal rate and newest
 *    report, a slope from three on; a report more than 100 ms off waits for two that agree with it), then NTP → local
 *    time by the sender's clock (SenderClock: the least delay among its tracks, over 30 s). That second map alone
 *    follows the sender's clock, so its drift moves all tracks alike.
 * 3. What becomes known is worked off at 20 ms a second (at first 100, while above 60 ms); above 500 ms it is a step. Both can be taken as a report.
 *    Whatever is known before the first question costs nothing, so the caller asks late: 400 ms behind the arrivals.
 * 4. Answers never fall while RTP timestamps rise, and never lie after the newest arrival by more than what is being slewed. An
 *    older timestamp than the last is answered by as much earlier as it is older, up to a second.
 * 5. Timestamps that jump by more than 10 s against their arrival, three packets in a row, begin a new timeline: reports and
 *    arrivals from before are forgotten, the answers go on behind the last one. Single such packets are left out.
 * 6. An RTP clock that stood still (a paused source) is seen by its next report if the arrivals agree with it, else by the
 *    third; without any reports after five seconds.
 */
export class TrackClock {
  readonly #msPerTick: number;
  readonly #sender: SenderClock;
  readonly #timestamps = new Unwrapper(32);
  readonly #slew = new Slew();
  #timeline: TrackTimeline;
  #previous: { timeline: TrackTimeline; untilMs: number } | undefined;
  /** Which of the two the last answer came from. */
  #answeredBy: TrackTimeline | undefined;
  #jump: Jump | undefined;
  #newestArrivalMs = -Infinity;

  /** `clockRate` in Hz, from the SDP; `sender` is the clock that the sender's other tracks share. */
  constructor(options: { clockRate: number; sender: SenderClock }) {
    if (!(options.clockRate > 0)) throw new TypeError(`clockRate: above zero wanted, got ${options.clockRate}`);
    this.#msPerTick = 1000 / options.clockRate;
    this.#sender = options.sender;
    this.#timeline = new TrackTimeline(options.sender);
  }

  /**
   * Takes a packet's timestamp when it came: as on the wire or extended, as everywhere in this class. Resent packets do no harm.
   */
  arrival(rtpTimestamp: number, arrivalMs: number): void {
    const mediaMs = this.#timestamps.peek(rtpTimestamp) * this.#msPerTick;
    this.#newestArrivalMs = Math.max(this.#newestArrivalMs, arrivalMs);
    const offMs = arrivalMs - mediaMs - this.#timeline.transitMs;
    if (offMs !== -Infinity && Math.abs(offMs) > JUMP_MS && !this.#jumped(arrivalMs - mediaMs)) return;
    if (Math.abs(offMs) <= JUMP_MS) this.#jump = undefined;
    this.#timestamps.next(rtpTimestamp);
    this.#timeline.arrival(mediaMs, arrivalMs);
  }

  /** Takes a sender report: at the sender's `ntpMs` (any epoch) the track was at `rtpTimestamp`. */
  report(report: { ntpMs: number; rtpTimestamp: number }, arrivalMs: number): void {
    const known = this.#newestArrivalMs !== -Infinity;
    const extended = known ? this.#timestamps.peek(report.rtpTimestamp) : this.#timestamps.next(report.rtpTimestamp);
    this.#timeline.report({ mediaMs: extended * this.#msPerTick, ntpMs: report.ntpMs, arrivalMs });
  }

  /** Local time of a timestamp that came. Throws a TypeError before the first arrival. */
  toLocalMs(rtpTimestamp: number): number {
    if (this.#newestArrivalMs === -Infinity) throw new TypeError('toLocalMs: asked before the first arrival');
    const mediaMs = this.#timestamps.peek(rtpTimestamp) * this.#msPerTick;
    const timeline = this.#timelineOf(mediaMs);
    const targetMs = timeline.localMs(mediaMs) ?? this.#newestArrivalMs;
    // Far off both: one of the packets that rule 5 leaves out. It goes with its neighbours.
    if (Math.abs(targetMs - this.#newestArrivalMs) > JUMP_MS) return this.#slew.localMs ?? this.#newestArrivalMs;
    if (timeline !== (this.#answeredBy ?? timeline)) this.#slew.restart();
    this.#answeredBy = timeline;
    return this.#slew.follow(mediaMs, Math.min(targetMs, this.#newestArrivalMs));
  }

  /** What moved this track's time since the last call, for the recording's report. */
  takeSteps(): ClockStep[] {
    return this.#slew.takeSteps();
  }

  /** Whether this packet confirms that the timeline jumped: then the new one has begun. */
  #jumped(transitMs: number): boolean {
    const agrees = this.#jump !== undefined && Math.abs(this.#jump.transitMs - transitMs) <= JUMP_AGREES_MS;
    this.#jump = { transitMs, packets: agrees ? (this.#jump?.packets ?? 0) + 1 : 1 };
    if (this.#jump.packets < PACKETS_OF_A_JUMP) return false;
    this.#jump = undefined;
    this.#timeline.end();
    this.#previous = { timeline: this.#timeline, untilMs: this.#newestArrivalMs + OLD_TIMELINE_MS };
    this.#timeline = new TrackTimeline(this.#sender);
    return true;
  }

  #timelineOf(mediaMs: number): TrackTimeline {
    const previous = this.#previous;
    if (previous === undefined || this.#newestArrivalMs > previous.untilMs) {
      this.#previous = undefined;
      return this.#timeline;
    }
    const behindMs = previous.timeline.newestMediaMs - mediaMs;
    const isOld = behindMs >= 0 && behindMs < Math.abs(this.#timeline.newestMediaMs - mediaMs);
    return isOld ? previous.timeline : this.#timeline;
  }
}
