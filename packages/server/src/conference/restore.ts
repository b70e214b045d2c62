/** Brings a conference that was open when the service stopped back into memory. */
import type { ConferenceRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { ConferenceSettings, LiveConference, LiveMember, Moment } from './live-conference.ts';

/**
 * Reads members who have not left. Publications ended with the process that received them; their members may publish anew.
 * Conference time goes on by wall time, since the monotonic clock may have started again.
 */
export const restoreConference = async (
  store: Store,
  row: ConferenceRow,
  now: Moment,
): Promise<LiveConference | undefined> => {
  const app = await store.apps.findById(row.appId);
  if (!app) return undefined;
  const rows = await store.conferences.members(row.id);
  await store.conferences.endPublications(row.id, new Date(now.wallMs));
  const members = rows
    .filter((member) => member.leftAt === null)
    .map((member): LiveMember => {
      const { id, userName, accessId, role } = member;
      return { id, userName, accessId, role, publications: new Map(), holdTimer: undefined };
    });
  return {
    ...{ id: row.id, app, type: row.type, password: row.password, rec: row.rec, recMerge: row.recMerge },
    creator: row.creator,
    settings: row.settings as ConferenceSettings,
    createdAt: row.createdAt,
    began: row.beganAt && restoredMoment(row.beganAt, now),
    members: new Map(members.map((member) => [member.id, member])),
    memberOrdinal: rows.length,
    banned: new Set(await store.conferences.banned(row.id)),
    endTimer: undefined,
  };
};

const restoredMoment = (wall: Date, now: Moment): Moment => ({
  wallMs: wall.getTime(),
  monotonicMs: now.monotonicMs - (now.wallMs - wall.getTime()),
});
