import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ConferenceEvent, ConferenceState } from '@callreel/contract/events.ts';
import { type ConfrId, type MemberId, makeConfrId, type PubStreamId } from '@callreel/contract/ids.ts';
import { GuardedStore } from '../../../../../tests/support/conference-world/guarded-store.ts';
import { startPostgres, type TestPostgres } from '../../../../../tests/support/postgres.ts';
import { createApp, createConference, ids } from '../../../../../tests/support/store-rows.ts';
import { VirtualTime } from '../../base/virtual-time-fixture.ts';
import type { ChronicleNote } from '../../store/chronicles.ts';
import { openStore, type Store } from '../../store/store.ts';
import { EventHub } from '../event-hub.ts';
import { Chronicle } from './chronicle.ts';

const EMPTY: Omit<ConferenceState, 'confrId'> = {
  ...{ beganAtMs: null, recording: 'recording', members: [], publications: [], speaking: [], closed: null },
};
const ANN = 'ann' as MemberId;
const CAMERA = 'camera' as PubStreamId;
/** Longer than the chronicle waits. */
const A_WHILE_MS = 6000;

let postgres: TestPostgres;
let store: Store;
let time: VirtualTime;
let stage: Stage;

/** A hub, and the chronicle that follows its feeds. */
class Stage {
  /** How far the wall clock was set. */
  setByMs = 0;
  readonly guarded = new GuardedStore(store);
  readonly #wallMs = () => time.nowMs() + this.setByMs;
  readonly chronicle = new Chronicle({
    ...{ store: this.guarded.parts, timers: time.timers(), log: postgres.log },
    clocks: { nowMs: time.nowMs, wallMs: this.#wallMs },
  });
  readonly hub = new EventHub({
    ids: { ...ids, nowMs: this.#wallMs },
    timers: time.timers(),
    chronicle: (...frame) => this.chronicle.take(...frame),
  });

  begin(confrId: ConfrId): void {
    this.hub.open(confrId, { confrId, ...EMPTY });
    this.hub.publish(confrId, [{ kind: 'conferenceBegan', beganAtMs: this.#wallMs() }, joined(ANN)]);
  }
}

const joined = (memberId: MemberId): ConferenceEvent => {
  const nothing = { nickname: null, ext: null, muted: false, lost: false };
  return { kind: 'memberJoined', member: { memberId, userName: memberId, role: 'talker', ...nothing } };
};

const newConference = async (): Promise<ConfrId> => (await createConference(store, (await createApp(store)).id)).id;

const pass = (ms: number): Promise<void> => time.leap(ms, async () => {});

/** When all that was noted is written. */
const notesOf = async (confrId: ConfrId): Promise<ChronicleNote[]> => {
  await pass(A_WHILE_MS);
  await stage.chronicle.close();
  return store.chronicles.of(confrId);
};

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
});
beforeEach(() => {
  time = new VirtualTime();
  stage = new Stage();
});
after(async () => {
  await store?.close();
  await postgres?.stop();
});

test('what happens is kept in conference time, in whatever steps the wall clock is set', async () => {
  const confrId = await newConference();
  stage.begin(confrId);
  await pass(1000);
  stage.setByMs = 3_600_000;
  stage.hub.publish(confrId, [{ kind: 'memberMuted', memberId: ANN, muted: true }]);
  await pass(20_000);
  stage.setByMs = 0;
  stage.hub.publish(confrId, [{ kind: 'memberLeft', memberId: ANN, reason: 'left' }]);
  assert.deepEqual(await notesOf(confrId), [
    { atMs: 0, kind: 'memberJoined', memberId: ANN },
    { atMs: 1000, kind: 'memberMuted', memberId: ANN, muted: true },
    { atMs: 21_000, kind: 'memberLeft', memberId: ANN },
  ]);
});

test('speech is a note for each turn, when it is over, also by the end of the conference', async () => {
  const confrId = await newConference();
  stage.begin(confrId);
  stage.hub.setSpeaking(confrId, ANN, CAMERA, true);
  await pass(4000);
  stage.hub.setSpeaking(confrId, ANN, CAMERA, false);
  await pass(1000);
  stage.hub.setSpeaking(confrId, ANN, CAMERA, true);
  await pass(500);
  stage.hub.publish(confrId, [{ kind: 'conferenceClosed', reason: 'dissolved' }]);
  const spoken = (await notesOf(confrId)).filter(({ kind }) => kind === 'memberSpoke');
  assert.deepEqual(
    spoken.map((note) => [note.kind === 'memberSpoke' && note.fromMs, note.atMs]),
    [
      [0, 4000],
      [5000, 5500],
    ],
  );
});

test('one that a restarted service takes up goes on where it was', async () => {
  const confrId = await newConference();
  const beganAtMs = time.nowMs() - 60_000;
  stage.hub.open(confrId, { confrId, ...EMPTY, beganAtMs });
  stage.hub.publish(confrId, [{ kind: 'memberLost', memberId: ANN }]);
  assert.deepEqual(await notesOf(confrId), [{ atMs: 60_000, kind: 'memberLost', memberId: ANN }]);
});

test('of a conference that is gone nothing is kept, and all of the others', async () => {
  const [gone, there] = [makeConfrId(ids), await newConference()];
  stage.begin(gone);
  stage.begin(there);
  assert.equal((await notesOf(there)).length, 1);
  assert.deepEqual(await store.chronicles.of(gone), []);
});

test('a member who switches his sound without end fills no disk, and what matters is kept', async () => {
  const confrId = await newConference();
  stage.begin(confrId);
  for (let count = 0; count < 60_000; count++) {
    const audioOff = count % 2 === 0;
    stage.hub.publish(confrId, [{ kind: 'publicationMuted', pubStreamId: CAMERA, audioOff, videoOff: false }]);
  }
  stage.hub.publish(confrId, [{ kind: 'memberLeft', memberId: ANN, reason: 'left' }]);
  const notes = await notesOf(confrId);
  assert.equal(notes.length, 50_002);
  assert.equal(notes.at(-1)?.kind, 'memberLeft');
});

test('while the database is away it waits, and is written when it is back', async () => {
  const confrId = await newConference();
  stage.begin(confrId);
  stage.guarded.breakDown('away', 0);
  await pass(A_WHILE_MS);
  await stage.chronicle.close();
  stage.guarded.mend();
  stage.hub.publish(confrId, [{ kind: 'memberLeft', memberId: ANN, reason: 'left' }]);
  assert.deepEqual(
    (await notesOf(confrId)).map(({ kind }) => kind),
    ['memberJoined', 'memberLeft'],
  );
});
