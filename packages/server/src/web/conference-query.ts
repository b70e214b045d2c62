/** What a search for conferences asks for, and what it answers. */
import type { ConferenceQuery, ConferenceState, ConferenceSummary } from '@callreel/contract/conference.ts';
import { parseConfrId } from '@callreel/contract/ids.ts';
import type { ConferenceFilter, ConferencePosition, FoundConference } from '../store/conference-search.ts';
import type { AppRecord } from '../store/rows.ts';
import { WebError } from './errors.ts';
import { fullUserName } from './names.ts';
import { readLimit } from './recording-query.ts';
import { readTime } from './span.ts';
import type { DisplayTime } from './times.ts';

/** Time of creation, in milliseconds since 1970, and id of the last row of a page. */
const CURSOR = /^(\d{1,13})-(.+)$/;

/** Throws `illegal_argument` naming the first value that is wrong. */
export const readConferenceQuery = (
  query: ConferenceQuery,
  time: DisplayTime,
): { filter: ConferenceFilter; limit: number } => {
  const { state, beginTime, endTime, cursor } = query;
  const begin = beginTime === undefined ? undefined : readTime('beginTime', beginTime, time).earliest;
  const end = endTime === undefined ? undefined : readTime('endTime', endTime, time).latest;
  if (begin && end && begin > end) throw WebError.illegalArgument('beginTime', 'no later than endTime');
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const filter = { ...(state && { state }), ...(begin && { begin }), ...(end && { end }), ...(after && { after }) };
  return { filter, limit: readLimit(query.limit) };
};

/** For the page behind this row. */
export const cursorAfterConference = ({ createdAt, id }: ConferencePosition): string => `${createdAt.getTime()}-${id}`;

const readCursor = (text: string): ConferencePosition => {
  const [, timeMs, idText = ''] = CURSOR.exec(text) ?? [];
  const id = parseConfrId(idText);
  if (timeMs === undefined || id === undefined) throw WebError.illegalArgument('cursor', 'that of the page before');
  return { createdAt: new Date(Number(timeMs)), id };
};

const stateOf = ({ beganAt, endedAt }: FoundConference): ConferenceState => {
  if (endedAt !== null) return 'ended';
  return beganAt === null ? 'waiting' : 'running';
};

export const conferenceSummary = (row: FoundConference, app: AppRecord, time: DisplayTime): ConferenceSummary => ({
  confrId: row.id,
  confrType: row.type,
  state: stateOf(row),
  ...(row.creator !== null && { creator: fullUserName(app, row.creator) }),
  rec: row.rec,
  recMerge: row.recMerge,
  recording: row.recording,
  memberCount: row.memberCount,
  createTime: time.format(row.createdAt),
  ...(row.beganAt && { beginTime: time.format(row.beganAt) }),
  ...(row.endedAt && { endTime: time.format(row.endedAt) }),
});
