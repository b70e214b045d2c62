/** What tenants need of conferences: lists of them, silenced members, tokens that die with the one they were got with. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table member add column muted boolean not null default false',
  'alter table app add column users_may_create boolean not null default true',
  // No reference: tokens are removed when they are long over, in whatever order.
  'alter table token add column parent bytea',
  'create index token_by_parent on token (parent) where parent is not null',
  'create index token_by_user on token (app_id, user_name) where user_name is not null',
  // Every node looks here twice a second.
  'create index token_of_member_revoked on token (revoked_at) where member_id is not null and revoked_at is not null',
  // A page of a tenant's conferences, the newest first; those still open are few among many.
  'create index conference_by_app on conference (app_id, created_at, id)',
  'create index conference_open_by_app on conference (app_id, created_at, id) where ended_at is null',
];

export const tenants = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
