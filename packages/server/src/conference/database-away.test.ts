import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { CHROMIUM_OFFER as OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { Stage } from '../../../../tests/support/conference-world/stage.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { openStore, type Store } from '../store/store.ts';

/** The longest pause between two tries. */
const RETRY_MS = 31_000;

let postgres: TestPostgres;
let store: Store;
let stage: Stage;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
});

beforeEach(async () => {
  await stage?.close();
  stage = await Stage.open({ postgres, store });
});

after(async () => {
  await stage?.close();
  await store?.close();
  await postgres?.stop();
});

test('a call that ends meanwhile ends at once, and is written down when the database is back', async () => {
  const { conferences, media, guarded } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  await conferences.publishing.publish(ann, OFFER, 'av');
  guarded.breakDown('away', 0);
  const leftAtMs = stage.time.nowMs();
  await conferences.leave(ann);
  assert.equal(stage.recordingsEnded.length, 1, 'its file is handed on');
  assert.deepEqual(media.open, []);
  assert.deepEqual(stage.conferencesEnded, [], 'nobody is told what the database does not know');
  await stage.leap(5000);
  guarded.mend();
  await stage.leap(RETRY_MS);
  assert.deepEqual(stage.conferencesEnded, [confrId]);
  const [member] = await store.conferences.members(confrId);
  assert.equal(member?.leftAt?.getTime(), leftAtMs);
  assert.equal((await store.conferences.findById(confrId))?.endedAt?.getTime(), leftAtMs);
});

test('a kick that cannot be written is refused, and nothing of it happens', async () => {
  const { conferences, guarded } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  guarded.breakDown('away', 0);
  await assert.rejects(conferences.kick(stage.app, confrId, ann.userName), { reason: 'unavailable' });
  assert.deepEqual(await stage.namesIn(confrId), ['ann']);
  guarded.mend();
  await stage.join(confrId, 'ann');
});

test('a join that fails half-way leaves no member behind, whether or not the database took it', async () => {
  const { guarded } = stage.node;
  for (const outage of ['away', 'late'] as const) {
    for (const afterCalls of [0, 1]) {
      const confrId = await stage.create();
      guarded.breakDown(outage, afterCalls);
      await assert.rejects(stage.join(confrId, 'ann'));
      guarded.mend();
      await stage.leap(RETRY_MS);
      assert.deepEqual(await stage.namesIn(confrId), []);
      const members = await store.conferences.members(confrId);
      assert.ok(members.every(({ leftAt }) => leftAt !== null));
    }
  }
});

test('an offer that fails half-way leaves nothing open', async () => {
  const { conferences, media, guarded } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  for (const outage of ['away', 'late'] as const) {
    for (const afterCalls of [0, 1]) {
      guarded.breakDown(outage, afterCalls);
      await assert.rejects(conferences.publishing.publish(ann, OFFER, 'av'));
      guarded.mend();
      await stage.leap(RETRY_MS);
      assert.deepEqual(media.open, []);
      assert.equal(await store.recordingWork.openCount(confrId), 0);
    }
  }
});

// Found by histories in any order.
test('a conference whose creation was not answered, though it was carried out, does not wait for ever', async () => {
  stage.node.guarded.breakDown('late', 0);
  await assert.rejects(stage.create(), { reason: 'timeout' });
  stage.node.guarded.mend();
  await stage.leap(RETRY_MS);
  const open = await store.conferences.open();
  assert.ok(open.every(({ appId }) => appId !== stage.app.id));
});

// Found by histories in any order.
test('killed while the end of the last member waits to be written: the conference is not left with him in it', async () => {
  const { conferences, guarded } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  guarded.breakDown('late', 0);
  await conferences.leave(ann);
  await stage.restart('kill');
  const members = await store.conferences.members(confrId);
  assert.ok(members.every(({ leftAt }) => leftAt !== null));
  assert.deepEqual((await store.tokens.revokedMembers(60_000)).filter((token) => token.confrId === confrId).length, 1);
});

test('revocations are looked up again when the database is back', async () => {
  const { conferences, guarded } = stage.node;
  await conferences.start();
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  guarded.breakDown('away', 0);
  await store.tokens.revokeMember(ann.memberId);
  await stage.leap(20_000);
  guarded.mend();
  await stage.leap(1000);
  await stage.leap(RETRY_MS);
  assert.equal(await stage.namesIn(confrId), undefined);
});
