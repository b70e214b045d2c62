import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { UserName } from '@callreel/contract/ids.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, ids } from '../../../../tests/support/store-rows.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import type { AppRecord } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { Conferences } from './conferences.ts';
import { ScriptedMedia } from './scripted-media-fixture.ts';

let postgres: TestPostgres;
let store: Store;
let app: AppRecord;
let other: AppRecord;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  [app, other] = [await createApp(store), await createApp(store)];
});

after(async () => {
  await store?.close();
  await postgres?.stop();
});

const ANNA = 'anna' as UserName;
const BERT = 'bert' as UserName;

/** A service's conferences, as it starts and stops. */
const during = async <Result>(body: (conferences: Conferences) => Promise<Result>): Promise<Result> => {
  const conferences = new Conferences({
    ...{ store, ids, nowMs, bootId: '', log: postgres.log, mediaProcesses: 1, spawnMedia: new ScriptedMedia().spawn },
    formatTime: (instant) => instant.toISOString(),
    issueMemberToken: async ({ memberId }) => ({ token: `token of ${memberId}` }),
    onRecordingEnded: () => {},
    onConferenceEnded: () => {},
  });
  await conferences.start();
  try {
    return await body(conferences);
  } finally {
    await conferences.close(0);
  }
};

const enter = ({ entrance }: Conferences, roomName: string, by = ANNA, of = app) =>
  entrance.enterRoom(of, roomName, { password: 'pw' }, by);

test('a name is that of one open conference of an app', async () => {
  await during(async (conferences) => {
    const [one, two] = await Promise.all([enter(conferences, 'room'), enter(conferences, 'room', BERT)]);
    assert.equal(one.confrId, two.confrId);
    assert.deepEqual([one.isNew, two.isNew].sort(), [false, true]);
    assert.notEqual((await enter(conferences, 'Room')).confrId, one.confrId);
    assert.notEqual((await enter(conferences, 'room', ANNA, other)).confrId, one.confrId);
    await conferences.dissolve(app, one.confrId);
    const next = await enter(conferences, 'room');
    assert.deepEqual([next.isNew, next.confrId === one.confrId], [true, false]);
  });
});

test('a conference keeps its name over a restart', async () => {
  const first = await during((conferences) => enter(conferences, 'lasting'));
  const second = await during((conferences) => enter(conferences, 'lasting'));
  assert.deepEqual(second, { confrId: first.confrId, isNew: false });
});

test('who may come in, and as what', async () => {
  await during(async (conferences) => {
    const { confrId } = await enter(conferences, 'roles');
    const roleFor = (userName: UserName, wish: object) =>
      conferences.entrance.roleFor(app, confrId, { userName, trusted: false, password: 'pw', ...wish });
    assert.equal(roleFor(ANNA, { role: 'audience' }), 'admin');
    assert.equal(roleFor(BERT, {}), 'talker');
    assert.equal(roleFor(BERT, { role: 'audience' }), 'audience');
    assert.equal(roleFor(BERT, { role: 'admin' }), 'talker');
    assert.throws(() => roleFor(BERT, { password: 'wrong' }), { reason: 'wrongPassword' });
    assert.throws(() => conferences.entrance.roleFor(other, confrId, { userName: BERT, trusted: true }), {
      reason: 'notFound',
    });
  });
});
