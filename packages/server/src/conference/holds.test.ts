import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { CHROMIUM_OFFER as OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { Stage } from '../../../../tests/support/conference-world/stage.ts';
import { FactReader } from '../../../../tests/support/conference-world/world-facts.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { openStore, type Store } from '../store/store.ts';

const HOLD_MS = 45_000;

let postgres: TestPostgres;
let store: Store;
let stage: Stage;
let facts: FactReader;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  facts = new FactReader(postgres.connection);
});

beforeEach(async () => {
  await stage?.close();
  stage = await Stage.open({ postgres, store });
});

after(async () => {
  await stage?.close();
  await facts?.close();
  await store?.close();
  await postgres?.stop();
});

test('a lost connection is held for 45 s to the millisecond, and its publication ended when it was lost', async () => {
  const { conferences } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  const { pubStreamId } = await conferences.publishing.publish(ann, OFFER, 'av');
  stage.node.media.lose(pubStreamId);
  await conferences.settled();
  await stage.leap(HOLD_MS - 1);
  assert.deepEqual(await stage.namesIn(confrId), ['ann']);
  await conferences.publishing.resume(ann, pubStreamId, OFFER);
  stage.node.media.connect(pubStreamId);
  await conferences.settled();
  const lostAtMs = stage.time.nowMs();
  stage.node.media.lose(pubStreamId);
  await conferences.settled();
  await stage.leap(HOLD_MS - 1);
  assert.deepEqual(await stage.namesIn(confrId), ['ann'], 'another loss, another 45 s');
  await stage.leap(1);
  assert.deepEqual(stage.conferencesEnded, [confrId]);
  assert.equal(stage.recordingsEnded.length, 1);
  const [publication] = (await facts.read(stage.app.id)).publications;
  assert.equal(publication?.endedMs, lostAtMs);
});

test('whoever is held and is refused when he comes back is still held, and not forgotten', async () => {
  const { conferences, media } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  await conferences.publishing.publish(ann, OFFER, 'av');
  for (const process of [0, 1]) media.die(process);
  await conferences.settled();
  await assert.rejects(conferences.publishing.publish(ann, OFFER, 'av'), { reason: 'busy' });
  await stage.leap(1000);
  await assert.rejects(conferences.publishing.publish(ann, 'no SDP', 'av'), { reason: 'illegalSdp' });
  await stage.leap(HOLD_MS - 1001);
  assert.deepEqual(await stage.namesIn(confrId), ['ann']);
  await stage.leap(1);
  assert.deepEqual(stage.conferencesEnded, [confrId]);
});

test('whoever publishes at the very moment when his hold is over stays', async () => {
  const { conferences, media } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  await conferences.publishing.publish(ann, OFFER, 'av');
  for (const process of [0, 1]) media.die(process);
  await conferences.settled();
  await stage.leap(HOLD_MS - 1);
  const publishing = conferences.publishing.publish(ann, OFFER, 'av');
  await stage.leap(1);
  await publishing;
  assert.deepEqual(await stage.namesIn(confrId), ['ann']);
});

test('an unpublished stream is not held, and its member stays', async () => {
  const { conferences, media } = stage.node;
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  const { pubStreamId } = await conferences.publishing.publish(ann, OFFER, 'av');
  media.lose(pubStreamId);
  await conferences.publishing.unpublish(ann, pubStreamId);
  await assert.rejects(conferences.publishing.resume(ann, pubStreamId, OFFER), { reason: 'notFound' });
  await stage.leap(2 * HOLD_MS);
  assert.deepEqual(await stage.namesIn(confrId), ['ann']);
});

test('a conference that waits through a restart is dissolved when its delay is over', async () => {
  const confrId = await stage.create({ confrDelayMillis: 60_000 });
  await stage.leap(59_000);
  await stage.restart('kill');
  assert.deepEqual(await stage.namesIn(confrId), []);
  await stage.leap(1000);
  assert.deepEqual(stage.conferencesEnded, [confrId]);
});

test('no conference outlives a day', async () => {
  const confrId = await stage.create();
  await stage.join(confrId, 'ann');
  await stage.leap(24 * 3600_000 - 1);
  assert.deepEqual(await stage.namesIn(confrId), ['ann']);
  await stage.leap(1);
  assert.deepEqual(stage.conferencesEnded, [confrId]);
});

test("members' ids are not given twice, also where a join failed before a restart", async () => {
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  stage.node.guarded.breakDown('away', 0);
  await assert.rejects(stage.join(confrId, 'bob'), { reason: 'unavailable' });
  stage.node.guarded.mend();
  const bob = await stage.join(confrId, 'bob');
  await stage.restart('kill');
  const cid = await stage.join(confrId, 'cid');
  assert.equal(new Set([ann.memberId, bob.memberId, cid.memberId]).size, 3);
});

test('a token that another process revoked ends its member within a second', async () => {
  const { conferences } = stage.node;
  await conferences.start();
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  await stage.join(confrId, 'bob');
  await conferences.publishing.publish(ann, OFFER, 'av');
  await store.tokens.revokeMember(ann.memberId);
  await stage.leap(1000);
  assert.deepEqual(await stage.namesIn(confrId), ['bob']);
  assert.equal(stage.recordingsEnded.length, 1);
});

test('nothing new begins while the service stops', async () => {
  const confrId = await stage.create();
  const ann = await stage.join(confrId, 'ann');
  const { conferences } = stage.node;
  const stopping = stage.close();
  await assert.rejects(conferences.publishing.publish(ann, OFFER, 'av'), { reason: 'busy' });
  await assert.rejects(stage.join(confrId, 'bob'), { reason: 'busy' });
  await assert.rejects(stage.create(), { reason: 'busy' });
  await stopping;
});
