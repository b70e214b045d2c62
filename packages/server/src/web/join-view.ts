/** What joining answers: the member, and where he publishes, leaves and hears what happens. */
import type { JoinView } from '@callreel/contract/conference.ts';
import type { ConfrId } from '@callreel/contract/ids.ts';
import { pathOf, ROUTES } from '@callreel/contract/routes.ts';
import type { Joined } from '../conference/conferences.ts';
import type { AppRecord } from '../store/rows.ts';
import { socketUrlOf } from './base-url.ts';

export const joinViewOf = (baseUrl: string, app: AppRecord, confrId: ConfrId, joined: Joined): JoinView => {
  const place = { org: app.org, app: app.name, confrId };
  return {
    ...joined,
    expiresAt: joined.expiresAt.toISOString(),
    whip: baseUrl + pathOf(ROUTES.whip, place),
    leave: baseUrl + pathOf(ROUTES.member, { ...place, memberId: joined.memberId }),
    events: socketUrlOf(baseUrl) + pathOf(ROUTES.events, place),
  };
};
