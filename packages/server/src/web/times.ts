/** Times as the vendor's calls write them, in the display time zone: `yyyy-MM-dd HH:mm:ss` out, `yyyyMMddHHmmss` in. */

/**
 * What a local time without a zone can mean. The two differ only where clocks were turned back: then `earliest` is the right begin
 * of a span and `latest` the right end.
 */
export type LocalInstants = { earliest: Date; latest: Date };

const COMPACT_TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/;

const DAY_MS = 24 * 3600 * 1000;

/** No zone's offset changes before the one or after the other, and years outside have not four digits everywhere. */
const FIRST_RULES_MS = Date.UTC(1800);
const LAST_RULES_MS = Date.UTC(9999);

/** About 27 years of days. */
const MOST_DAYS_KNOWN = 10_000;

/** Local times are handled as if they were UTC, in milliseconds since 1970 of that reading. */
type WallMs = number;

const readWall = (text: string): WallMs | undefined => {
  const [, ...digits] = COMPACT_TIME.exec(text) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.map(Number);
  if (digits.length === 0 || year === 0) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // 31 February, hour 24 and the like roll over into other digits.
  return compact(date) === text ? date.getTime() : undefined;
};

const compact = (date: Date): string => date.toISOString().replace(/\D/g, '').slice(0, 14);

export class DisplayTime {
  readonly timeZone: string;
  readonly #parts: Intl.DateTimeFormat;
  readonly #offsetOfDay = new Map<number, number | 'changes'>();

  /** `timeZone` is an IANA name; throws a RangeError for another. */
  constructor(timeZone: string) {
    this.timeZone = timeZone;
    this.#parts = new Intl.DateTimeFormat('en-US', {
      timeZone,
      ...{ calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    });
  }

  /** `yyyy-MM-dd HH:mm:ss`; a part of a second is cut off. */
  format(instant: Date): string {
    const wall = new Date(instant.getTime() + this.#knownOffsetMs(instant.getTime()));
    return wall.toISOString().slice(0, 19).replace('T', ' ');
  }

  /** Reads `yyyyMMddHHmmss`; undefined where the text has another form or is no real date. */
  parse(text: string): LocalInstants | undefined {
    const wall = readWall(text);
    if (wall === undefined) return undefined;
    const before = wall - this.#offsetMs(wall - DAY_MS);
    const after = wall - this.#offsetMs(wall + DAY_MS);
    const fitting = [before, after].filter((instant) => this.#wallAt(instant) === wall);
    const found =
      fitting.length > 0 ? fitting : [this.#endOfGap(wall, Math.min(before, after), Math.max(before, after))];
    return { earliest: new Date(Math.min(...found)), latest: new Date(Math.max(...found)) };
  }

  /** The first instant whose local time is not before `wall`, where clocks were turned forward over it. */
  #endOfGap(wall: WallMs, from: number, to: number): number {
    let [early, late] = [from, to];
    while (late - early > 1000) {
      const middle = Math.floor((early + late) / 2000) * 1000;
      if (this.#wallAt(middle) < wall) early = middle;
      else late = middle;
    }
    return late;
  }

  #wallAt(instant: number): WallMs {
    return instant + this.#offsetMs(instant);
  }

  /**
   * To ask Intl for every time was a third of what a page of recordings cost. In all of the time zone database no zone changed twice
   * within two days: where a day of UTC begins and ends with the same offset, it has no other.
   */
  #knownOffsetMs(instant: number): number {
    const day = Math.floor(instant / DAY_MS);
    const ofDay = this.#offsetOfDay.get(day) ?? this.#findOffsetOfDay(day);
    return ofDay === 'changes' ? this.#offsetMs(instant) : ofDay;
  }

  #findOffsetOfDay(day: number): number | 'changes' {
    const first = this.#offsetMs(day * DAY_MS);
    const ofDay = first === this.#offsetMs((day + 1) * DAY_MS) ? first : 'changes';
    if (this.#offsetOfDay.size >= MOST_DAYS_KNOWN) this.#offsetOfDay.clear();
    this.#offsetOfDay.set(day, ofDay);
    return ofDay;
  }

  #offsetMs(instant: number): number {
    const second = Math.min(Math.max(Math.floor(instant / 1000) * 1000, FIRST_RULES_MS), LAST_RULES_MS);
    const { year, month, day, hour, minute, second: seconds } = this.#partsOf(new Date(second));
    return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${seconds}Z`) - second;
  }

  #partsOf(instant: Date): Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string> {
    const part = { year: '', month: '', day: '', hour: '', minute: '', second: '' };
    for (const { type, value } of this.#parts.formatToParts(instant)) {
      if (type in part) part[type as keyof typeof part] = value;
    }
    return { ...part, year: part.year.padStart(4, '0') };
  }
}
