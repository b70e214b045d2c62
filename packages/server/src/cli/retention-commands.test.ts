import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { makeRecordingKey } from '@callreel/contract/ids.ts';
import { createApp, ids } from '../../../../tests/support/store-rows.ts';
import { readConfig } from '../base/config.ts';
import { DAY_MS } from '../retention/clocks.ts';
import { objectKeyOf, RetentionFixture, type Stage } from '../retention/virtual-retention-fixture.ts';
import type { AppRecord } from '../store/rows.ts';
import { type Command, parseLine } from './command.ts';
import { confirmRetention, reconcileFiles, setRetention, showRetention } from './retention-commands.ts';

let fixture: RetentionFixture;
let stage: Stage;
let app: AppRecord;

before(async () => {
  fixture = await RetentionFixture.start();
});
beforeEach(async () => {
  stage = await fixture.stage();
  app = await createApp(fixture.store);
});
after(() => fixture?.stop());

/** The database through its socket, as DATABASE_URL names one. */
const databaseUrl = (): string => {
  const { connection } = fixture.postgres;
  if (connection.kind === 'url') return connection.url;
  const { user, database, directory } = connection;
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(directory)}`;
};

const run = async (command: Command, ...words: string[]) => {
  const env = { DATABASE_URL: databaseUrl(), CALLREEL_DATA_DIR: stage.place };
  const outcome = await command.run({ ...parseLine(command, words).call, env, readSettings: () => readConfig(env) });
  assert.ok(outcome);
  return { ...outcome, exitCode: outcome.exitCode ?? 0 };
};

test('what retention has stopped for is shown, and confirmed', async () => {
  assert.equal((await run(showRetention)).exitCode, 0);
  await fixture.store.retention.raise('share', app.id, '2 of 3 files would go', new Date('2026-01-02T03:04:05Z'));
  const { text, exitCode } = await run(showRetention);
  assert.equal(exitCode, 1);
  const line = `Retention has stopped for ${app.org}/${app.name} since 2026-01-02T03:04:05.000Z: 2 of 3 files would go.`;
  assert.equal(text, `${line}\n`);
  assert.deepEqual((await run(confirmRetention)).json, { confirmed: 1 });
  assert.notEqual((await fixture.store.retention.alarms())[0]?.confirmedAt, null);
});

test("an app's retention is set", async () => {
  const name = `${app.org}/${app.name}`;
  assert.deepEqual((await run(setRetention, name, '7')).json, { app: name, retentionDays: 7 });
  assert.equal((await fixture.store.apps.find(app.org, app.name))?.retentionDays, 7);
  await assert.rejects(run(setRetention, name, '0'), { reason: 'usage' });
  await assert.rejects(run(setRetention, 'no/such', '7'), { reason: 'missing' });
});

test('files and recordings are compared; what is removed, is so only when asked for', async () => {
  await stage.list(app, 5);
  const left = objectKeyOf(app, makeRecordingKey(ids));
  await stage.put(left, 2 * DAY_MS);
  const shown = await run(reconcileFiles);
  assert.equal(shown.exitCode, 1);
  assert.ok(shown.text.includes(`1 files that no recording names:\n  ${left} (`), shown.text);
  const removed = await run(reconcileFiles, '--remove');
  assert.match(removed.text, /^1 files are removed\.$/m);
  assert.equal(removed.exitCode, 0);
  assert.equal(await stage.objects.stat(left), undefined);
});
