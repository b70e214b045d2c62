/** Spans of whole days in the service's display time zone, in the form that the listing calls take. */
export type TimeSpan = { beginTime: string; endTime: string };

const DAY_MS = 86_400_000;

/** The date of a moment in a time zone, `yyyy-MM-dd`. */
export const dateIn = (timeZone: string, momentMs: number): string => {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(momentMs);
  const value = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return `${value('year')}-${value('month')}-${value('day')}`;
};

/** The date so many days before another. Counted in UTC, where every day has 24 hours. */
export const daysBefore = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);

/** From the first second of one date to the last second of another, both `yyyy-MM-dd`. */
export const spanOfDates = (from: string, to: string): TimeSpan => ({
  beginTime: `${from.replaceAll('-', '')}000000`,
  endTime: `${to.replaceAll('-', '')}235959`,
});
