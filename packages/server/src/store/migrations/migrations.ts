/** All migrations in order. They only go forward; one that was released is never changed. */
import type { Migration } from 'kysely/migration';
import { firstTables } from './0001-first-tables.ts';
import { afterTheCall } from './0002-after-the-call.ts';
import { retention } from './0003-retention.ts';
import { tenants } from './0004-tenants.ts';
import { flatListing } from './0005-flat-listing.ts';
import { memberProfiles } from './0006-member-profiles.ts';
import { reports } from './0007-reports.ts';
import { recordingByHand } from './0008-recording-by-hand.ts';
import { chronicle } from './0009-chronicle.ts';

export const MIGRATIONS: Record<string, Migration> = {
  '0001-first-tables': firstTables,
  '0002-after-the-call': afterTheCall,
  '0003-retention': retention,
  '0004-tenants': tenants,
  '0005-flat-listing': flatListing,
  '0006-member-profiles': memberProfiles,
  '0007-reports': reports,
  '0008-recording-by-hand': recordingByHand,
  '0009-chronicle': chronicle,
};
