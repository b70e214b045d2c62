/** How long something was there, and for which stretches of that something else was so. Milliseconds of conference time. */
import type { Stretch } from '@callreel/contract/timeline.ts';

/** `undefined` as an end: it goes on. */
type Open = { startMs: number; endMs: number | undefined };

export class Lane<State extends string> {
  startMs: number;
  endMs: number | undefined;
  readonly #stretches = new Map<State, Open[]>();

  constructor(startMs: number, endMs: number | undefined) {
    this.startMs = startMs;
    this.endMs = endMs;
  }

  /** From now on it is so, or no longer. Saying it again changes nothing. */
  set(state: State, isSo: boolean, atMs: number): void {
    const latest = this.#of(state).at(-1);
    const wasSo = latest !== undefined && latest.endMs === undefined;
    if (isSo && !wasSo) this.#of(state).push({ startMs: atMs, endMs: undefined });
    else if (!isSo && wasSo) latest.endMs = atMs;
  }

  add(state: State, startMs: number, endMs: number): void {
    this.#of(state).push({ startMs, endMs });
  }

  /** Since when it is so; undefined where it is not. */
  since(state: State): number | undefined {
    const latest = this.#stretches.get(state)?.at(-1);
    return latest?.endMs === undefined ? latest?.startMs : undefined;
  }

  /** Of all of it, what lies in a span. Undefined: nothing. */
  within(span: Stretch): Stretch | undefined {
    return overlap(this, span);
  }

  /** In order, without what overlaps. `own`: what `within` gave. */
  stretchesWithin(state: State, own: Stretch): Stretch[] {
    const inside = (this.#stretches.get(state) ?? []).flatMap((stretch) => overlap(stretch, own) ?? []);
    return inside.sort((one, other) => one.startMs - other.startMs).reduce(joined, []);
  }

  #of(state: State): Open[] {
    const known = this.#stretches.get(state);
    if (known) return known;
    const stretches: Open[] = [];
    this.#stretches.set(state, stretches);
    return stretches;
  }
}

const overlap = ({ startMs, endMs = Number.POSITIVE_INFINITY }: Open, span: Stretch): Stretch | undefined => {
  const inside = { startMs: Math.max(startMs, span.startMs), endMs: Math.min(endMs, span.endMs) };
  return inside.startMs < inside.endMs ? inside : undefined;
};

/** What was written twice, because the database's answer was lost, is said once. */
const joined = (stretches: Stretch[], next: Stretch): Stretch[] => {
  const latest = stretches.at(-1);
  if (latest === undefined || next.startMs > latest.endMs) return [...stretches, next];
  return [...stretches.slice(0, -1), { ...latest, endMs: Math.max(latest.endMs, next.endMs) }];
};
