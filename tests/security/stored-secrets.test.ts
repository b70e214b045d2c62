import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { ConferenceView, JoinView } from '@callreel/contract/conference.ts';
import type { TokenView } from '@callreel/contract/token.ts';
import { connect } from '@callreel/server/store/connect.ts';
import { sql } from 'kysely';
import { type TestApp, WebFixture } from '../api/web-fixture.ts';

const PASSWORD = 'correct horse battery staple';

let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const post = async <Body>(path: string, json: unknown, token?: string): Promise<Body> => {
  const answer = await fixture.call(path, { method: 'POST', json, ...(token !== undefined && { token }) });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<Body>();
};

/** Every row of every table of ours, as text; bytes in hexadecimal digits. */
const everythingStored = async (): Promise<string> => {
  const { connection, log } = fixture.postgres;
  const db = connect({ connection, log, maxConnections: 1, statementTimeoutMs: 0 });
  try {
    const tables = await sql<{ name: string }>`
      select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`.execute(db);
    const texts = tables.rows.map(({ name }) => sql<{ row: string }>`select t::text as row from ${sql.raw(name)} t`);
    const found = [];
    for (const text of texts) found.push(...(await text.execute(db)).rows.map(({ row }) => row));
    return found.join('\n');
  } finally {
    await db.destroy();
  }
};

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** As it is, and in the forms that bytes are shown in. */
const formsOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64'),
];

test('of tokens and client secrets the database holds the hash, of passwords what scrypt makes of them', async () => {
  const { clientId: client_id, clientSecret: client_secret } = app;
  const grant = { grant_type: 'client_credentials', client_id, client_secret };
  const appToken = (await post<TokenView>(`${base}/token`, grant)).access_token;
  await post(`${base}/users`, { username: 'ann', password: PASSWORD }, appToken);
  const sign = { grant_type: 'password', username: 'ann', password: PASSWORD };
  const userToken = (await post<TokenView>(`${base}/token`, sign)).access_token;
  const { id } = await post<ConferenceView>(`/v1${base}/conferences`, {}, userToken);
  const member = await post<JoinView>(`/v1${base}/conferences/${id}/join`, {}, userToken);

  const stored = await everythingStored();
  for (const secret of [appToken, userToken, member.token, client_secret]) {
    assert.ok(stored.includes(hashOf(secret)));
    for (const form of formsOf(secret)) assert.ok(!stored.includes(form), form);
  }
  assert.match(stored, /scrypt\$15\$8\$1\$/);
  for (const form of [...formsOf(PASSWORD), hashOf(PASSWORD)]) assert.ok(!stored.includes(form), form);
});
