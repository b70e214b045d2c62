/** Brings a conference that was open when the service stopped back into memory. */
import type { MemberId } from '@callreel/contract/ids.ts';
import type { AppRecord, ConferenceRow, MemberRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { ConferenceTimers } from './conference-timers.ts';
import { beginLife } from './life.ts';
import type { ConferenceSettings, LiveConference, LiveMember, Moment } from './live-conference.ts';

export type Restored = {
  conference: LiveConference;
  /** When the last one left who did. */
  lastLeftAt: Date | undefined;
};

/**
 * Reads members who have not left. Publications ended with the process that received them; their members may publish anew.
 * Conference time goes on by wall time, since the monotonic clock may have started again.
 */
export const restoreConference = async (
  store: Pick<Store, 'apps' | 'conferences'>,
  row: ConferenceRow,
  now: Moment,
  timers: ConferenceTimers,
): Promise<Restored | undefined> => {
  const app = await store.apps.findById(row.appId);
  if (!app) return undefined;
  const rows = await store.conferences.members(row.id);
  await store.conferences.endPublications(row.id, new Date(now.wallMs));
  const banned = await store.conferences.banned(row.id);
  const leftAt = rows.flatMap((member) => member.leftAt?.getTime() ?? []);
  return {
    conference: { ...fromRow(app, row, now, timers), ...fromMembers(row, rows), banned: new Set(banned) },
    lastLeftAt: leftAt.length > 0 ? new Date(Math.max(...leftAt)) : undefined,
  };
};

const fromRow = (app: AppRecord, row: ConferenceRow, now: Moment, timers: ConferenceTimers) => ({
  ...{ id: row.id, app, type: row.type, password: row.password, rec: row.rec, recMerge: row.recMerge },
  recording: row.recording,
  creator: row.creator,
  settings: row.settings as ConferenceSettings,
  createdAt: row.createdAt,
  began: row.beganAt && restoredMoment(row.beganAt, now),
  timers,
});

const fromMembers = (conference: ConferenceRow, rows: readonly MemberRow[]) => {
  const present = rows.filter(({ leftAt }) => leftAt === null);
  return {
    life: beginLife(
      conference.beganAt === null ? 'waiting' : 'running',
      present.map(({ id, role }) => [id, role] as const),
      conference.type === 'CONFR',
    ),
    members: new Map(present.map((row) => [row.id, memberOf(row)])),
    publications: new Map(),
    subscriptions: new Map(),
    memberOrdinal: Math.max(0, ...rows.map(({ id }) => ordinalOf(id))),
  };
};

const memberOf = ({ id, userName, accessId, nickname, ext, muted }: MemberRow): LiveMember => ({
  ...{ id, userName, accessId, nickname, ext, muted },
});

/** The number after the `M`: there may be gaps, where a join failed half-way. */
const ordinalOf = (id: MemberId): number => Number(id.slice(id.lastIndexOf('M') + 1));

const restoredMoment = (wall: Date, now: Moment): Moment => ({
  wallMs: wall.getTime(),
  monotonicMs: now.monotonicMs - (now.wallMs - wall.getTime()),
});
