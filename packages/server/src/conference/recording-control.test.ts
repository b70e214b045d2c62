import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CreateConferenceBody, Role } from '@callreel/contract/conference.ts';
import type { ConferenceState } from '@callreel/contract/events.ts';
import {
  type ConfrId,
  type PubStreamId,
  parseConfrId,
  type RecordingKey,
  type UserName,
} from '@callreel/contract/ids.ts';
import type { RecordingAction, RecordingStatus } from '@callreel/contract/recording-control.ts';
import { CHROMIUM_OFFER as OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { createApp, ids } from '../../../../tests/support/store-rows.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import type { AppRecord } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { Conferences, type Joined, type MemberRef } from './conferences.ts';
import type { FeedFrame } from './event-feed.ts';
import type { RecordingOrder } from './recording-control.ts';
import { ScriptedMedia } from './scripted-media-fixture.ts';

let postgres: TestPostgres;
let store: Store;
let app: AppRecord;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  app = await createApp(store);
});

after(async () => {
  await store?.close();
  await postgres?.stop();
});

type Member = MemberRef & Joined;

/** A node whose media do as they are told, and one conference on it. */
class Stage {
  readonly media = new ScriptedMedia();
  readonly handedOn: RecordingKey[] = [];
  readonly conferences: Conferences;
  confrId = '' as ConfrId;

  constructor() {
    this.conferences = new Conferences({
      ...{ store, ids, nowMs, bootId: '', log: postgres.log, mediaProcesses: 1, spawnMedia: this.media.spawn },
      formatTime: (instant) => instant.toISOString(),
      issueMemberToken: async ({ memberId }) => ({ token: `token of ${memberId}` }),
      onRecordingEnded: (key) => this.handedOn.push(key),
      onConferenceEnded: () => {},
    });
  }

  async create(body: CreateConferenceBody = {}): Promise<void> {
    this.confrId = parseConfrId((await this.conferences.create(app, body, undefined)).id) ?? this.confrId;
  }

  async join(name: string, role: Role = 'talker'): Promise<Member> {
    const { confrId } = this;
    const userName = name as UserName;
    const joined = await this.conferences.join(app, confrId, { userName, role, trusted: true });
    return { ...joined, appId: app.id, confrId, userName };
  }

  async publish(member: Member): Promise<PubStreamId> {
    return (await this.conferences.publishing.publish(member, OFFER, 'av')).pubStreamId;
  }

  order(action: RecordingAction, given: Partial<RecordingOrder> = {}): Promise<RecordingStatus> {
    const order: RecordingOrder = { action, pubStreamId: null, by: 'app', ...given };
    return this.conferences.recording.order(app, this.confrId, order, async () => {});
  }

  /** The state of the conference, and of its publications in their order. */
  async states(): Promise<string[]> {
    const { state, publications } = await this.conferences.recording.status(app, this.confrId);
    return [state, ...publications.map((each) => each.state)];
  }

  async logged(): Promise<string[]> {
    const { log = [] } = await this.conferences.recording.statusWithLog(app, this.confrId);
    return log.map(
      ({ action, by, pubStreamId }) =>
        `${action} ${pubStreamId ?? 'all'} by ${by.kind === 'member' ? by.userName : by.kind}`,
    );
  }

  keyOf(id: PubStreamId): RecordingKey | undefined {
    return this.media.recordings.get(id)?.key;
  }
}

const withStage = async (body: (stage: Stage) => Promise<void>): Promise<void> => {
  const stage = new Stage();
  try {
    await body(stage);
  } finally {
    await stage.conferences.close(0);
  }
};

test('a conference that is not recorded is started by hand: those who publish, and those who come later, are recorded', () =>
  withStage(async (stage) => {
    await stage.create();
    const ann = await stage.join('ann');
    const first = await stage.publish(ann);
    assert.equal(ann.recording, 'stopped');
    assert.deepEqual(stage.keyOf(first), undefined);
    const { state, publications } = await stage.order('start');
    assert.equal(state, 'recording');
    assert.deepEqual(publications, [{ pubStreamId: first, memberId: ann.memberId, state: 'recording' }]);
    const bob = await stage.join('bob');
    assert.equal(bob.recording, 'recording');
    const second = await stage.publish(bob);
    assert.ok(stage.keyOf(first) && stage.keyOf(second));
    assert.equal(await store.recordingWork.openCount(stage.confrId), 2, 'a merge waits for both');
  }));

test('stop hands the file on while the call goes on; start again is another recording of the same publication', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    const id = await stage.publish(await stage.join('ann'));
    const first = stage.keyOf(id);
    await stage.order('stop');
    assert.deepEqual(stage.handedOn, [first]);
    await stage.order('start');
    const second = stage.keyOf(id);
    assert.ok(second && second !== first);
    await stage.conferences.dissolve(app, stage.confrId);
    assert.deepEqual(stage.handedOn, [first, second], 'each once');
    for (const key of stage.handedOn) assert.equal((await store.recordingWork.find(key))?.pubStreamId, id);
  }));

test('paused and resumed: the same recording; who publishes while it rests begins with a pause', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    const ann = await stage.join('ann');
    const first = await stage.publish(ann);
    const key = stage.keyOf(first);
    await stage.order('pause');
    const second = await stage.publish(ann);
    assert.deepEqual(await stage.states(), ['paused', 'paused', 'paused']);
    assert.deepEqual(
      [first, second].map((id) => stage.media.recordings.get(id)?.paused),
      [true, true],
    );
    await stage.order('resume');
    assert.deepEqual(await stage.states(), ['recording', 'recording', 'recording']);
    assert.equal(stage.keyOf(first), key);
    assert.deepEqual(stage.handedOn, []);
  }));

test('one publication has its own state, until an order for the conference; what is stopped is not resumed with the others', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    const ann = await stage.join('ann');
    const [first, second] = [await stage.publish(ann), await stage.publish(ann)];
    await stage.order('pause', { pubStreamId: first });
    assert.deepEqual(await stage.states(), ['recording', 'paused', 'recording']);
    await stage.order('stop', { pubStreamId: second });
    await stage.order('pause');
    assert.deepEqual(await stage.states(), ['paused', 'paused', 'stopped']);
    await stage.order('resume');
    assert.deepEqual(await stage.states(), ['recording', 'recording', 'stopped']);
    await stage.order('start');
    assert.deepEqual(await stage.states(), ['recording', 'recording', 'recording']);
  }));

test('ordered twice it is done once, and logged once', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    await stage.publish(await stage.join('ann'));
    for (const action of ['start', 'resume', 'pause', 'stop'] as const) {
      assert.deepEqual(await stage.order(action), await stage.order(action), action);
    }
    const asked = stage.media.asked.filter((each) => each.includes('Recording '));
    assert.deepEqual(
      asked.map((each) => each.split(' ')[0]),
      ['pauseRecording', 'stopRecording'],
    );
    assert.deepEqual(await stage.logged(), ['pause all by app', 'stop all by app']);
  }));

test('what is refused changes nothing: a pause of what is stopped, a stream of nobody, a member who is no admin, a full disk', () =>
  withStage(async (stage) => {
    await stage.create();
    const [ann, adi] = [await stage.join('ann'), await stage.join('adi', 'admin')];
    const id = await stage.publish(ann);
    for (const action of ['pause', 'resume'] as const) {
      await assert.rejects(stage.order(action), { reason: 'notRecorded' });
      await assert.rejects(stage.order(action, { pubStreamId: id }), { reason: 'notRecorded' });
    }
    await assert.rejects(stage.order('start', { pubStreamId: undefined }), { reason: 'notFound' });
    await assert.rejects(stage.order('start', { by: ann }), { reason: 'roleForbids' });
    const full = { action: 'start', pubStreamId: null, by: 'app' } as const;
    const assertRoom = () => Promise.reject(new Error('full'));
    await assert.rejects(stage.conferences.recording.order(app, stage.confrId, full, assertRoom), /full/);
    assert.deepEqual(await stage.states(), ['stopped', 'stopped']);
    assert.deepEqual(await stage.logged(), []);
    await stage.order('start', { by: adi, pubStreamId: id });
    assert.deepEqual(await stage.states(), ['stopped', 'recording']);
    assert.deepEqual(await stage.logged(), [`start ${id} by adi`]);
  }));

test('members hear of every change, and their snapshots say what it came to', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    const ann = await stage.join('ann');
    const id = await stage.publish(ann);
    const frames: FeedFrame[] = [];
    stage.conferences.events.follow(app.id, stage.confrId, undefined, (frame) => frames.push(frame));
    await stage.order('pause');
    await stage.order('resume', { pubStreamId: id });
    stage.media.failRecording(id);
    stage.conferences.recording.tellEmpty(stage.confrId, id, 'nothingReceived');
    const told = frames.flatMap((frame) => (frame.kind === 'event' ? [frame.event] : []));
    assert.deepEqual(told, [
      { kind: 'recordingChanged', pubStreamId: null, state: 'paused' },
      { kind: 'recordingChanged', pubStreamId: id, state: 'paused' },
      { kind: 'recordingChanged', pubStreamId: id, state: 'recording' },
      { kind: 'recordingChanged', pubStreamId: id, state: 'stopped' },
      { kind: 'recordingEmpty', pubStreamId: id, reason: 'nothingReceived' },
    ]);
    let state: ConferenceState | undefined;
    stage.conferences.events.follow(app.id, stage.confrId, undefined, (frame) => {
      if (frame.kind === 'snapshot') ({ state } = frame);
    });
    assert.deepEqual(
      [state?.recording, state?.publications.map(({ recording }) => recording)],
      ['paused', ['stopped']],
    );
  }));

test('a recording that ends by itself is handed on at once, and may be started again', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    const id = await stage.publish(await stage.join('ann'));
    const first = stage.keyOf(id);
    stage.media.failRecording(id);
    assert.deepEqual(stage.handedOn, [first]);
    assert.deepEqual(await stage.states(), ['recording', 'stopped']);
    await stage.order('start');
    assert.deepEqual(await stage.states(), ['recording', 'recording']);
    await stage.conferences.dissolve(app, stage.confrId);
    assert.equal(stage.handedOn.length, 2);
  }));

test('a connection made anew goes on with what was ordered; a media process that dies takes no more than its publications along', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    const ann = await stage.join('ann');
    const id = await stage.publish(ann);
    const key = stage.keyOf(id);
    await stage.order('pause');
    stage.media.lose(id);
    await stage.conferences.publishing.resume(ann, id, OFFER);
    assert.deepEqual(stage.media.recordings.get(id), { key, paused: true });
    stage.media.die();
    await stage.conferences.settled();
    assert.deepEqual(stage.handedOn, [key]);
    assert.deepEqual(await stage.states(), ['paused']);
    await stage.order('stop');
    assert.deepEqual(await stage.states(), ['stopped']);
  }));

test('after a restart it goes on as it was set: paused stays paused, stopped stays stopped', () =>
  withStage(async (earlier) => {
    await earlier.create({ rec: true });
    await earlier.publish(await earlier.join('ann'));
    await earlier.order('pause');
    await earlier.conferences.close(0);
    assert.equal(earlier.handedOn.length, 1);
    await withStage(async (stage) => {
      stage.confrId = earlier.confrId;
      await stage.conferences.start();
      assert.deepEqual(await stage.states(), ['paused']);
      const id = await stage.publish(await stage.join('bob'));
      assert.equal(stage.media.recordings.get(id)?.paused, true);
      assert.deepEqual(await stage.logged(), ['pause all by app']);
    });
  }));

test('of a conference that is over the log is kept, with its state; of none that is not its app’s', () =>
  withStage(async (stage) => {
    await stage.create({ rec: true });
    const adi = await stage.join('adi', 'admin');
    await stage.publish(adi);
    await stage.order('pause', { by: adi });
    await stage.conferences.leave(adi);
    assert.equal(stage.handedOn.length, 1);
    assert.deepEqual(await stage.states(), ['stopped']);
    assert.deepEqual(await stage.logged(), ['pause all by adi']);
    await assert.rejects(stage.order('stop'), { reason: 'notFound' });
    const other = await createApp(store);
    await assert.rejects(stage.conferences.recording.status(other, stage.confrId), { reason: 'notFound' });
  }));
