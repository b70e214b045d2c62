/** Where a recording's sound is, and why it is not where it is not. All times are milliseconds of one clock. */
import type { GapCause } from '@callreel/contract/gap-cause.ts';
import { Evidence, type Missing } from './evidence.ts';
import type { TakeGap } from './take-gap.ts';

/** DTX sends a packet every 400 ms; who sends none for longer sends nothing. */
const LONGEST_DTX_MS = 1000;
/** A track that begins this little after the file does begin with it. */
const LEAST_LEAD_MS = 100;
/** Digital silence for so long is a muted microphone (libwebrtc goes on sending for a track that is not enabled). */
const LEAST_MUTE_MS = 1000;
/** In silence of DTX nearly all is holes, in a muted microphone's nearly none. */
const LEAST_MUTE_SHARE = 0.5;
/** What is open for less may yet turn out to be something else: packets wait 400 ms, silence is filled in after 1 s. */
const SETTLED_MS = 3000;
const MAX_MUTED_SPANS = 16;

/** Silence under way: of packets that hold nothing, and of holes as DTX leaves them. */
type Quiet = { startMs: number; endMs: number; packetMs: number; muted: boolean };

export class SoundLedger {
  readonly #takeGap: TakeGap;
  readonly #evidence = new Evidence();
  #coveredUntilMs: number | undefined;
  #hasSound = false;
  /** The last pause began before the file did. */
  #restsFromStart = false;
  #rests = false;
  #quiet: Quiet | undefined;
  #silentMs = 0;
  #mutedSpans: { fromMs: number; untilMs: number }[] = [];

  constructor(takeGap: TakeGap) {
    this.#takeGap = takeGap;
  }

  /** Silence as it was sent, that is no gap. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** The file begins. Comes first. */
  begin(zeroMs: number): void {
    this.#coveredUntilMs = zeroMs;
  }

  /** The service silences the member, or no longer. */
  setMuted(muted: boolean, nowMs: number): void {
    const last = this.#mutedSpans.at(-1);
    if (!muted) {
      if (last?.untilMs === Number.POSITIVE_INFINITY) last.untilMs = nowMs;
    } else if (last?.untilMs !== Number.POSITIVE_INFINITY) {
      this.#mutedSpans.push({ fromMs: nowMs, untilMs: Number.POSITIVE_INFINITY });
      if (this.#mutedSpans.length > MAX_MUTED_SPANS) this.#mutedSpans.shift();
    }
  }

  noteDisk(): void {
    this.#evidence.noteDisk();
  }

  noteDisconnect(): void {
    this.#evidence.noteDisconnect();
  }

  noteReturn(atMs: number): void {
    this.#evidence.noteReturn(atMs);
  }

  /** The recording rests from here on. What was on its way then has no place in it either. */
  pause(atMs: number): void {
    const fromMs = this.#coveredUntilMs ?? atMs;
    this.#rests = true;
    this.#restsFromStart = !this.#hasSound && atMs <= fromMs;
    if (atMs > fromMs && (this.#quiet !== undefined || this.#causeOf(fromMs, atMs) !== 'quiet')) {
      this.#closeHole(fromMs, atMs);
      this.#coveredUntilMs = atMs;
    }
    this.#endQuiet();
    this.#evidence.notePause(atMs);
  }

  /** And goes on; comes after `pause`. */
  goOn(atMs: number): void {
    const startMs = this.#coveredUntilMs ?? atMs;
    this.#rests = false;
    this.#evidence.noteGoingOn(atMs);
    // The file begins only then: nothing of it is missing.
    if (this.#restsFromStart) return;
    if (startMs < atMs) this.#takeGap('pause', startMs, atMs);
    this.#coveredUntilMs = Math.max(startMs, atMs);
  }

  /** What was missing since the last packet. */
  noteMissing(missing: Missing): void {
    this.#evidence.note(missing);
  }

  /** A packet of the sender's has its place in the file. `isSilence`: it holds nothing that could be heard. */
  place(startMs: number, durationMs: number, isSilence: boolean): void {
    if (this.#coveredUntilMs !== undefined && startMs > this.#coveredUntilMs) {
      this.#closeHole(this.#coveredUntilMs, startMs);
    }
    this.#hasSound = true;
    this.#evidence.clear();
    this.#coveredUntilMs = startMs + durationMs;
    if (isSilence) this.#extendQuiet(startMs, durationMs, durationMs);
    else this.#endQuiet();
  }

  /** Tells of what is open for long, so that a crash does not take the knowledge with it. */
  checkpoint(nowMs: number): void {
    if (this.#rests) return;
    const quiet = this.#quiet;
    if (quiet && isMute(quiet)) {
      this.#takeGap('mute', quiet.startMs, quiet.endMs);
      this.#quiet = { startMs: quiet.endMs, endMs: quiet.endMs, packetMs: 0, muted: true };
    }
    const fromMs = this.#coveredUntilMs;
    const untilMs = this.#evidence.certainUntilMs(nowMs - SETTLED_MS, LONGEST_DTX_MS);
    if (fromMs === undefined || untilMs - fromMs <= LONGEST_DTX_MS || this.#isMuted(untilMs)) return;
    this.#closeHole(fromMs, untilMs);
    this.#coveredUntilMs = untilMs;
  }

  /** The file ends. A connection that was lost for good leaves no hole: the file ends where it was lost. */
  end(endMs: number): void {
    if (this.#coveredUntilMs !== undefined && endMs > this.#coveredUntilMs)
      this.#closeHole(this.#coveredUntilMs, endMs);
    this.#endQuiet();
    this.#coveredUntilMs = endMs;
  }

  #closeHole(holeStartMs: number, endMs: number): void {
    this.#evidence.settlePause(endMs);
    const backMs = this.#evidence.takeDisconnectEnd(endMs, LONGEST_DTX_MS) ?? holeStartMs;
    const startMs = Math.max(holeStartMs, backMs);
    if (startMs > holeStartMs) {
      this.#endQuiet();
      this.#takeGap('disconnect', holeStartMs, startMs);
    }
    const lengthMs = endMs - startMs;
    const cause = this.#causeOf(startMs, endMs);
    if (cause === 'quiet') {
      this.#extendQuiet(startMs, lengthMs, 0);
      return;
    }
    this.#endQuiet();
    this.#takeGap(cause, startMs, endMs);
  }

  #causeOf(startMs: number, endMs: number): GapCause | 'quiet' {
    const cause = this.#evidence.causeOf(endMs - startMs);
    if (cause === 'disk' || cause === 'disconnect') return cause;
    if (cause !== 'pause' && this.#isMuted(startMs) && this.#isMuted(endMs)) return 'quiet';
    const longestQuietMs = this.#hasSound ? LONGEST_DTX_MS : LEAST_LEAD_MS;
    if (cause === 'pause') return this.#hasSound || endMs - startMs > longestQuietMs ? cause : 'quiet';
    return cause ?? (endMs - startMs <= longestQuietMs ? 'quiet' : 'unsent');
  }

  #extendQuiet(startMs: number, lengthMs: number, packetMs: number): void {
    const muted = this.#isMuted(startMs);
    this.#quiet ??= { startMs, endMs: startMs, packetMs: 0, muted };
    this.#quiet.endMs = startMs + lengthMs;
    this.#quiet.packetMs += packetMs;
    this.#quiet.muted ||= muted;
  }

  #endQuiet(): void {
    const quiet = this.#quiet;
    this.#quiet = undefined;
    if (quiet === undefined) return;
    if (isMute(quiet)) this.#takeGap('mute', quiet.startMs, quiet.endMs);
    else this.#silentMs += quiet.endMs - quiet.startMs;
  }

  /** A packet bears the time when it was spoken; it is silenced by the time when it came, a little later. */
  #isMuted(atMs: number): boolean {
    return this.#mutedSpans.some(({ fromMs, untilMs }) => atMs >= fromMs - LEAST_MUTE_MS && atMs < untilMs);
  }
}

const isMute = ({ startMs, endMs, packetMs, muted }: Quiet): boolean => {
  const lengthMs = endMs - startMs;
  return lengthMs > 0 && (muted || (lengthMs >= LEAST_MUTE_MS && packetMs >= LEAST_MUTE_SHARE * lengthMs));
};
