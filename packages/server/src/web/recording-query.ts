/** What a search for recordings asks for. */
import { parseConfrId } from '@callreel/contract/ids.ts';
import type { RecordingQuery } from '@callreel/contract/recording.ts';
import type { PagePosition, RecordingFilter } from '../store/recording-search.ts';
import type { AppRecord } from '../store/rows.ts';
import { WebError } from './errors.ts';
import { readUserName } from './names.ts';
import { LONGEST_PAGE, readTime } from './span.ts';
import type { DisplayTime } from './times.ts';

/** `none`: no recording can be meant. */
export type RecordingSearchRequest = { kind: 'search'; filter: RecordingFilter; limit: number } | { kind: 'none' };

const USUAL_PAGE = 50;
const LIMIT = /^\d{1,3}$/;
/** Time, in milliseconds since 1970, and id of the last row of a page, as one number each. */
const CURSOR = /^(\d{1,13})-(\d{1,15})$/;

/** Throws `illegal_argument` naming the first value that is wrong. An id or a name of another form is that of nothing. */
export const readRecordingQuery = (
  query: RecordingQuery,
  app: AppRecord,
  time: DisplayTime,
): RecordingSearchRequest => {
  const { recordType, beginTime, endTime, cursor } = query;
  const begin = beginTime === undefined ? undefined : readTime('beginTime', beginTime, time).earliest;
  const end = endTime === undefined ? undefined : readTime('endTime', endTime, time).latest;
  if (begin && end && begin > end) throw WebError.illegalArgument('beginTime', 'no later than endTime');
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const limit = readLimit(query.limit);
  const confrId = parseConfrId(query.confrId ?? '');
  const userName = readUserName(app, query.userName ?? '');
  if (query.confrId !== undefined && confrId === undefined) return { kind: 'none' };
  if (query.userName !== undefined && userName === undefined) return { kind: 'none' };
  const filter = {
    ...(confrId !== undefined && { confrId }),
    ...(userName !== undefined && { userName }),
    ...(recordType !== undefined && { recordType }),
    ...(begin && { begin }),
    ...(end && { end }),
    ...(after && { after }),
  };
  return { kind: 'search', filter, limit };
};

/** For the page behind this row. */
export const cursorAfter = ({ recordTime, id }: PagePosition): string => `${recordTime.getTime()}-${id}`;

const readCursor = (text: string): PagePosition => {
  const [, timeMs, id] = CURSOR.exec(text) ?? [];
  if (timeMs === undefined || id === undefined) throw WebError.illegalArgument('cursor', 'that of the page before');
  return { recordTime: new Date(Number(timeMs)), id: Number(id) };
};

/** Of a page. Throws `illegal_argument`. */
export const readLimit = (text: string | undefined): number => {
  if (text === undefined) return USUAL_PAGE;
  const limit = LIMIT.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LONGEST_PAGE) return limit;
  throw WebError.illegalArgument('limit', `an integer from 1 to ${LONGEST_PAGE}`);
};
