/** The span and page that the two calls by time ask for. */
import type { ParamName, ROUTES } from '@callreel/contract/routes.ts';
import { WebError } from './errors.ts';
import type { DisplayTime } from './times.ts';

export type Span = {
  begin: Date;
  /** The last second, which counts whole. */
  end: Date;
  /** Exclusive. */
  startId: number;
  length: number;
};

export const LONGEST_PAGE = 100;

const DIGITS = /^\d+$/;
const TIME_FORM = 'a real date and time in the form yyyyMMddHHmmss';
const LENGTH_FORM = `an integer from 1 to ${LONGEST_PAGE}`;

/** Throws `illegal_argument`. */
export const readTime = (name: string, text: string, time: DisplayTime) => {
  const instants = time.parse(text);
  if (instants === undefined) throw WebError.illegalArgument(name, TIME_FORM);
  return instants;
};

const readStartId = (text: string): number => {
  const startId = Number(text);
  if (DIGITS.test(text) && Number.isSafeInteger(startId)) return startId;
  throw WebError.illegalArgument('startId', 'an integer from 0 up: 0, or the last id received');
};

/** An integer that is too long a page is an error of its own, which the source answers with 500. */
const readLength = (text: string): number => {
  const length = Number(text);
  if (!DIGITS.test(text) || length < 1) throw WebError.illegalArgument('length', LENGTH_FORM);
  if (length > LONGEST_PAGE) throw WebError.of('length_exceeds_limit', `length must be ${LENGTH_FORM}`);
  return length;
};

/** Throws `illegal_argument` naming the first value that is wrong, or `length_exceeds_limit`. */
export const readSpan = (
  params: Record<ParamName<typeof ROUTES.recordingsBySpan>, string>,
  time: DisplayTime,
): Span => {
  const begin = readTime('beginTime', params.beginTime, time).earliest;
  const end = readTime('endTime', params.endTime, time).latest;
  if (params.beginTime > params.endTime) throw WebError.illegalArgument('beginTime', 'no later than endTime');
  return { begin, end, startId: readStartId(params.startId), length: readLength(params.length) };
};
