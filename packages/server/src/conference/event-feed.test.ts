import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEvent } from '@callreel/contract/conference-state.ts';
import type { ConferenceEvent, ConferenceState, EventCursor } from '@callreel/contract/events.ts';
import fc from 'fast-check';
import { EventFeed, type FeedFrame } from './event-feed.ts';

const EMPTY: ConferenceState = {
  ...{ confrId: 'IM_X1C1', beganAtMs: null, recording: 'stopped' },
  ...{ members: [], publications: [], speaking: [], closed: null },
};

const KEPT = 8;

const newFeed = (epoch = 'one'): EventFeed =>
  new EventFeed({ epoch, state: EMPTY, apply: applyEvent, nowMs: () => 1, kept: KEPT });

const joined = (memberId: string): ConferenceEvent => {
  const nothing = { nickname: null, ext: null, muted: false, lost: false };
  return { kind: 'memberJoined', member: { memberId, userName: memberId, role: 'talker', ...nothing } };
};

/** A client: keeps the state as it is told, and where to go on. */
class Client {
  state: ConferenceState | undefined;
  cursor: EventCursor | undefined;
  readonly openings: FeedFrame['kind'][] = [];
  #stop = (): void => {};

  connect(feed: EventFeed): void {
    this.#stop = feed.follow(this.cursor, (frame) => this.#take(frame));
  }

  drop(): void {
    this.#stop();
    this.#stop();
  }

  #take(frame: FeedFrame): void {
    if (frame.kind === 'event') {
      assert.ok(this.state && this.cursor, 'an event came before the opening');
      assert.equal(frame.seq, this.cursor.seq + 1, 'an event is missing, or came twice');
      this.state = applyEvent(this.state, frame.event);
      this.cursor = { ...this.cursor, seq: frame.seq };
      return;
    }
    this.openings.push(frame.kind);
    if (frame.kind === 'snapshot') this.state = frame.state;
    else assert.equal(frame.seq, this.cursor?.seq, 'it goes on from another place');
    this.cursor = { epoch: frame.epoch, seq: frame.seq };
  }
}

test('who comes first gets a snapshot, then each event in order', () => {
  const feed = newFeed();
  feed.publish(joined('ann'));
  const client = new Client();
  client.connect(feed);
  feed.publish(joined('bob'));
  assert.deepEqual(client.openings, ['snapshot']);
  assert.deepEqual(
    client.state?.members.map(({ memberId }) => memberId),
    ['ann', 'bob'],
  );
});

test('who was away briefly gets what he missed; longer than is kept: a snapshot', () => {
  const feed = newFeed();
  const [brief, long] = [new Client(), new Client()];
  for (const client of [brief, long]) {
    client.connect(feed);
    client.drop();
  }
  for (let index = 0; index < KEPT; index++) feed.publish(joined(`m${index}`));
  brief.connect(feed);
  feed.publish(joined('one more'));
  long.connect(feed);
  assert.deepEqual(brief.openings, ['snapshot', 'resumed']);
  assert.deepEqual(long.openings, ['snapshot', 'snapshot']);
  assert.deepEqual(brief.state, feed.state);
  assert.deepEqual(long.state, feed.state);
});

test('a place in another life of the feed, or one that is yet to come: a snapshot', () => {
  for (const cursor of [
    { epoch: 'another', seq: 0 },
    { epoch: 'one', seq: 1 },
    { epoch: 'one', seq: Number.MAX_SAFE_INTEGER },
  ]) {
    const client = new Client();
    client.cursor = cursor;
    client.connect(newFeed());
    assert.deepEqual(client.openings, ['snapshot']);
  }
});

test('however often each drops and comes back, and the service too: nothing is missed or doubled', () => {
  const names = ['a', 'b', 'c', 'd'];
  const event: fc.Arbitrary<ConferenceEvent> = fc.oneof(
    fc.constantFrom(...names).map(joined),
    fc.record({
      kind: fc.constant('memberLeft' as const),
      memberId: fc.constantFrom(...names),
      reason: fc.constant('left'),
    }),
    fc.record({ kind: fc.constant('memberMuted' as const), memberId: fc.constantFrom(...names), muted: fc.boolean() }),
    fc.record({ kind: fc.constant('speaking' as const), memberIds: fc.subarray(names) }),
  ) as fc.Arbitrary<ConferenceEvent>;
  const action = fc.oneof(
    { weight: 8, arbitrary: event.map((told) => ({ kind: 'publish' as const, told })) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('connect', 'drop'), client: fc.nat({ max: 2 }) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80, size: 'max' }), (actions) => {
      let feed = newFeed('0');
      let restarts = 0;
      const clients = [new Client(), new Client(), new Client()];
      const connected = new Set<Client>();
      for (const each of actions) {
        switch (each.kind) {
          case 'publish':
            feed.publish(each.told);
            break;
          case 'restart':
            restarts += 1;
            feed = new EventFeed({
              epoch: String(restarts),
              apply: applyEvent,
              state: feed.state,
              nowMs: () => 1,
              kept: KEPT,
            });
            connected.clear();
            break;
          default: {
            const client = clients[each.client] as Client;
            client.drop();
            connected.delete(client);
            if (each.kind === 'drop') break;
            client.connect(feed);
            connected.add(client);
          }
        }
        for (const client of connected) assert.deepEqual(client.state, feed.state);
      }
    }),
    { numRuns: 300 },
  );
});
