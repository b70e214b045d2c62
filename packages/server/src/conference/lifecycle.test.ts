import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Role } from '@callreel/contract/conference.ts';
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import fc from 'fast-check';
import { beginLife, type ConferenceLife, type Effect } from './life.ts';
import { type LifeEvent, step } from './lifecycle.ts';

const [ann, bob] = ['M1', 'M2'] as unknown as [MemberId, MemberId];
const [camera, screen, other] = ['camera', 'screen', 'other'] as unknown as [PubStreamId, PubStreamId, PubStreamId];

const joined = (memberId: MemberId, role: Role = 'talker'): LifeEvent => ({ kind: 'joined', memberId, role });
const published = (memberId: MemberId, id: PubStreamId): LifeEvent => ({ kind: 'published', memberId, id });
const lost = (id: PubStreamId): LifeEvent => ({ kind: 'lost', id, atMs: 1000 });

/** Ann with her camera, and Bob. */
const CALL: LifeEvent[] = [joined(ann), joined(bob), published(ann, camera)];

/** What the last event of these asks to be done. */
const last = (...events: LifeEvent[]): { life: ConferenceLife; effects: readonly Effect[] } => {
  let result = step(beginLife('waiting'), events[0] ?? { kind: 'dissolved' });
  for (const event of events.slice(1)) result = step(result.life, event);
  return result;
};

/** Of those effects that are ends, in words. */
const ends = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => {
    if (effect.kind === 'endPublication') return [`publication ${effect.id}: ${effect.reason}`];
    if (effect.kind === 'endMember') return [`member ${effect.memberId}: ${effect.reason}`];
    return effect.kind === 'endConference' ? [`conference: ${effect.reason}`] : [];
  });

const endsOf = (...events: LifeEvent[]): string[] => ends(last(...events).effects);

describe('the table of what ends what', () => {
  test('WHIP DELETE: the publication ends now, its member stays', () => {
    assert.deepEqual(endsOf(...CALL, { kind: 'unpublished', id: camera }), ['publication camera: unpublished']);
    assert.deepEqual(endsOf(joined(ann), published(ann, camera), { kind: 'unpublished', id: camera }), [
      'publication camera: unpublished',
    ]);
  });

  test('leave: the member and all he publishes end now; the last one to leave ends the conference', () => {
    assert.deepEqual(endsOf(...CALL, published(ann, screen), { kind: 'left', memberId: ann }), [
      'publication camera: left',
      'publication screen: left',
      'member M1: left',
    ]);
    assert.deepEqual(endsOf(...CALL, { kind: 'left', memberId: ann }, { kind: 'left', memberId: bob }), [
      'member M2: left',
      'conference: left',
    ]);
  });

  test('of a call of two, whoever is out first ends it; one that lost him over a restart is not begun again', () => {
    const pair = [joined(ann), joined(bob), published(ann, camera)].reduce(({ life }, event) => step(life, event), {
      life: beginLife('waiting', [], true),
      effects: [] as readonly Effect[],
    }).life;
    const both = (reason: string) =>
      ['publication camera: left', 'member M1: left'].map((text) => text.replace('left', reason));
    assert.deepEqual(ends(step(pair, { kind: 'left', memberId: ann }).effects), [
      ...both('left'),
      'member M2: left',
      'conference: left',
    ]);
    assert.deepEqual(ends(step(pair, { kind: 'removed', memberIds: [bob], why: 'tokenRevoked' }).effects), [
      'member M2: tokenRevoked',
      ...both('tokenRevoked'),
      'conference: tokenRevoked',
    ]);
    const alone = beginLife('running', [[ann, 'talker']], true);
    assert.deepEqual(ends(step(alone, { kind: 'restarted' }).effects), ['member M1: left', 'conference: left']);
  });

  test('kick and a revoked token: as leaving', () => {
    for (const why of ['kicked', 'tokenRevoked'] as const) {
      assert.deepEqual(endsOf(...CALL, { kind: 'removed', memberIds: [ann], why }), [
        `publication camera: ${why}`,
        `member M1: ${why}`,
      ]);
      assert.deepEqual(endsOf(...CALL, { kind: 'removed', memberIds: [ann, bob], why }).at(-1), `conference: ${why}`);
    }
  });

  test('role lowered to audience: the publications end now, the member stays; between talker and admin nothing ends', () => {
    const lower: LifeEvent = { kind: 'roleChanged', memberId: ann, role: 'audience' };
    assert.deepEqual(endsOf(...CALL, lower), ['publication camera: roleLowered']);
    assert.deepEqual(endsOf(...CALL, { kind: 'roleChanged', memberId: ann, role: 'admin' }), []);
    assert.equal(last(...CALL, lower).life.members.get(ann)?.role, 'audience');
  });

  test('a member who was lost when his role was lowered is held on: nobody knows that he is there', () => {
    const { life, effects } = last(...CALL, lost(camera), { kind: 'roleChanged', memberId: ann, role: 'audience' });
    assert.deepEqual(ends(effects), ['publication camera: roleLowered']);
    const hold = life.members.get(ann)?.hold;
    assert.ok(hold !== undefined);
    assert.deepEqual(ends(step(life, { kind: 'holdOver', hold }).effects), ['member M1: connectionLost']);
  });

  test('connection lost: nothing ends but by its hold, with its end when it was lost', () => {
    const { life, effects } = last(...CALL, lost(camera));
    assert.deepEqual(effects, [{ kind: 'hold', hold: 1 }]);
    const over = step(life, { kind: 'holdOver', hold: 1 });
    assert.deepEqual(ends(over.effects), ['publication camera: connectionLost', 'member M1: connectionLost']);
    assert.ok(over.effects.some((effect) => effect.kind === 'endPublication' && effect.lostAtMs === 1000));
    const alone = last(joined(ann), published(ann, camera), lost(camera), { kind: 'holdOver', hold: 1 });
    assert.equal(ends(alone.effects).at(-1), 'conference: connectionLost');
  });

  test('connected or resumed within the hold: it goes on, and an old hold that is over means nothing', () => {
    for (const kind of ['connected', 'resumed'] as const) {
      const back: LifeEvent = { kind, id: camera };
      assert.deepEqual(last(...CALL, lost(camera), back).effects, [{ kind: 'release', hold: 1 }]);
      assert.deepEqual(endsOf(...CALL, lost(camera), back, lost(camera), { kind: 'holdOver', hold: 1 }), []);
    }
  });

  test('lost twice is lost once; what is over is not lost', () => {
    assert.deepEqual(last(...CALL, lost(camera), lost(camera)).effects, []);
    assert.deepEqual(last(...CALL, lost(other)).effects, []);
  });

  test('another publication keeps its member in, even one that is held in its turn', () => {
    const both = [...CALL, published(ann, screen), lost(camera)];
    assert.deepEqual(endsOf(...both, { kind: 'holdOver', hold: 1 }), ['publication camera: connectionLost']);
    assert.deepEqual(endsOf(...both, lost(screen), { kind: 'holdOver', hold: 1 }), [
      'publication camera: connectionLost',
    ]);
    assert.deepEqual(endsOf(...both, lost(screen), { kind: 'holdOver', hold: 1 }, { kind: 'holdOver', hold: 2 }), [
      'publication screen: connectionLost',
      'member M1: connectionLost',
    ]);
  });

  test('a media process dies: its publications end, whoever has none left is held and may publish anew', () => {
    const dead: LifeEvent = { kind: 'mediaDied', ids: [camera, other] };
    const { life, effects } = last(...CALL, dead);
    assert.deepEqual(ends(effects), ['publication camera: mediaProcessDied']);
    assert.equal(life.members.get(ann)?.hold, 1);
    assert.deepEqual(ends(step(life, { kind: 'holdOver', hold: 1 }).effects), ['member M1: connectionLost']);
    assert.deepEqual(endsOf(...CALL, dead, published(ann, screen), { kind: 'holdOver', hold: 1 }), []);
    assert.equal(last(...CALL, published(ann, screen), dead).life.members.get(ann)?.hold, undefined);
  });

  test('event sockets: while a member has one he is there, without a publication, and when all he publishes is given up', () => {
    const here: LifeEvent = { kind: 'attached', memberId: ann };
    assert.deepEqual(endsOf(...CALL, here, lost(camera), { kind: 'holdOver', hold: 1 }), [
      'publication camera: connectionLost',
    ]);
    const dead: LifeEvent = { kind: 'mediaDied', ids: [camera] };
    assert.equal(last(...CALL, here, dead).life.members.get(ann)?.hold, undefined);
    const lower: LifeEvent = { kind: 'roleChanged', memberId: ann, role: 'audience' };
    assert.equal(last(...CALL, here, lost(camera), lower).life.members.get(ann)?.hold, undefined);
  });

  test('his last event socket is lost: held, then out; unless he comes back, or publishes', () => {
    const gone: LifeEvent[] = [
      { kind: 'attached', memberId: bob },
      { kind: 'detached', memberId: bob },
    ];
    const over: LifeEvent = { kind: 'holdOver', hold: 1 };
    assert.deepEqual(last(...CALL, ...gone).effects, [{ kind: 'hold', hold: 1 }]);
    assert.deepEqual(endsOf(...CALL, ...gone, over), ['member M2: connectionLost']);
    const back: LifeEvent[] = [{ kind: 'attached', memberId: bob }, published(bob, screen)];
    for (const event of back) {
      assert.deepEqual(last(...CALL, ...gone, event).effects, [{ kind: 'release', hold: 1 }]);
      assert.deepEqual(endsOf(...CALL, ...gone, event, over), []);
    }
  });

  test('a publication that lives keeps a member in whose event socket is lost, and no longer than it lives', () => {
    const gone: LifeEvent[] = [
      { kind: 'attached', memberId: ann },
      { kind: 'detached', memberId: ann },
    ];
    assert.deepEqual(last(...CALL, ...gone).effects, []);
    assert.deepEqual(endsOf(...CALL, ...gone, lost(camera), { kind: 'holdOver', hold: 1 }), [
      'publication camera: connectionLost',
      'member M1: connectionLost',
    ]);
    const ended = last(...CALL, ...gone, { kind: 'unpublished', id: camera });
    assert.deepEqual(ended.effects.at(-1), { kind: 'hold', hold: 1 });
    assert.deepEqual(ends(step(ended.life, { kind: 'holdOver', hold: 1 }).effects), ['member M1: connectionLost']);
  });

  test('his event socket is lost after his publication: his own hold counts, from then on', () => {
    const both: LifeEvent[] = [
      ...[...CALL, { kind: 'attached', memberId: ann } as const, lost(camera)],
      { kind: 'detached', memberId: ann },
    ];
    assert.deepEqual(last(...both).effects, [{ kind: 'hold', hold: 2 }]);
    assert.deepEqual(endsOf(...both, { kind: 'holdOver', hold: 1 }), ['publication camera: connectionLost']);
    assert.deepEqual(endsOf(...both, { kind: 'holdOver', hold: 1 }, { kind: 'holdOver', hold: 2 }), [
      'member M1: connectionLost',
    ]);
    assert.deepEqual(endsOf(...both, { kind: 'resumed', id: camera }, { kind: 'holdOver', hold: 2 }), []);
  });

  test('the service stops: files are closed, members and the conference stay', () => {
    const { life, effects } = last(...CALL, lost(camera), { kind: 'stopped' });
    assert.deepEqual(ends(effects), ['publication camera: serverStopped']);
    assert.deepEqual([...life.members.keys()], [ann, bob]);
    assert.equal(life.phase, 'running');
  });

  test('the service is back: all members are held; where there is none the conference is over', () => {
    const { effects } = step(beginLife('running', [[ann, 'talker']]), { kind: 'restarted' });
    assert.deepEqual(effects, [{ kind: 'hold', hold: 1 }]);
    assert.deepEqual(ends(step(beginLife('running'), { kind: 'restarted' }).effects), ['conference: left']);
    assert.deepEqual(step(beginLife('waiting'), { kind: 'restarted' }).effects, []);
  });

  test('dissolved, or too old: all ends now', () => {
    for (const kind of ['dissolved', 'expired'] as const) {
      assert.deepEqual(endsOf(...CALL, { kind }), [
        `publication camera: ${kind}`,
        `member M1: ${kind}`,
        `member M2: ${kind}`,
        `conference: ${kind}`,
      ]);
    }
  });

  test('delay over: only where nobody came', () => {
    assert.deepEqual(endsOf({ kind: 'delayOver' }), ['conference: nobodyCame']);
    assert.deepEqual(endsOf(...CALL, { kind: 'delayOver' }), []);
  });

  test('nothing happens any more to a conference that has ended', () => {
    assert.deepEqual(last(...CALL, { kind: 'dissolved' }, joined(ann)).effects, []);
  });
});

const memberIds = ['M1', 'M2', 'M3'] as MemberId[];
const publicationIds = ['P1', 'P2', 'P3', 'P4'] as PubStreamId[];
const memberId = fc.constantFrom(...memberIds);
const id = fc.constantFrom(...publicationIds);
const role = fc.constantFrom<Role>('audience', 'talker', 'admin');
const of = <Kind extends LifeEvent['kind']>(kind: Kind) => fc.record({ kind: fc.constant(kind) });

const anyEvent: fc.Arbitrary<LifeEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('joined' as const), memberId, role }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('published' as const), memberId, id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('unpublished', 'connected', 'resumed'), id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('lost' as const), id, atMs: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('holdOver' as const), hold: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('roleChanged' as const), memberId, role }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('left' as const), memberId }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('attached', 'detached'), memberId }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('removed' as const),
      memberIds: fc.uniqueArray(memberId),
      why: fc.constantFrom('kicked', 'tokenRevoked'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mediaDied' as const), ids: fc.uniqueArray(id) }) },
  of('stopped'),
  of('restarted'),
  of('delayOver'),
);

/** What the effects so far add up to. */
class Ledger {
  readonly members = new Set<MemberId>();
  readonly publications = new Set<PubStreamId>();
  readonly holds = new Set<number>();
  ended = false;
  /** A process that stops waits for nobody. */
  stopped = false;

  /** Ids are given once: what was there before does not come again. */
  accepts(event: LifeEvent, life: ConferenceLife): boolean {
    if (event.kind === 'joined') return !this.members.has(event.memberId) && !life.members.has(event.memberId);
    if (event.kind === 'holdOver') return this.holds.delete(event.hold);
    if (event.kind === 'stopped') this.stopped = true;
    // No publication outlives the process.
    if (event.kind === 'restarted')
      return [...life.members.values()].every(({ publications }) => publications.size === 0);
    if (event.kind !== 'published') return true;
    const member = life.members.get(event.memberId);
    const isGiven = [...life.members.values()].some(({ publications }) => publications.has(event.id));
    return member !== undefined && member.role !== 'audience' && !isGiven && !this.publications.has(event.id);
  }

  take(effect: Effect): void {
    switch (effect.kind) {
      case 'hold':
        assert.ok(!this.holds.has(effect.hold));
        this.holds.add(effect.hold);
        return;
      case 'release':
        this.holds.delete(effect.hold);
        return;
      case 'endPublication':
        assert.ok(!this.publications.has(effect.id), 'a publication ends once');
        this.publications.add(effect.id);
        return;
      case 'endMember':
        assert.ok(!this.members.has(effect.memberId), 'a member ends once');
        this.members.add(effect.memberId);
        return;
      case 'beginConference':
        return;
      case 'endConference':
        assert.ok(!this.ended, 'a conference ends once');
        this.ended = true;
    }
  }

  check(life: ConferenceLife): void {
    const members = [...life.members.values()];
    const held = members.flatMap(({ hold, publications }) => [
      ...(hold === undefined ? [] : [hold]),
      ...[...publications.values()].flatMap((publication) => (publication.kind === 'held' ? [publication.hold] : [])),
    ]);
    assert.deepEqual(new Set(held), this.holds, 'a timer runs for each hold, and for nothing else');
    for (const { role, hold, presence, publications } of members) {
      const isConnected = presence === 'here' || [...publications.values()].some(({ kind }) => kind === 'open');
      assert.ok(hold === undefined || !isConnected, 'who is held is not connected');
      const hasHold = hold !== undefined || publications.size > 0;
      if (!this.stopped) assert.ok(presence !== 'gone' || isConnected || hasHold, 'who is gone is waited for');
      assert.ok(role !== 'audience' || publications.size === 0);
      for (const id of publications.keys()) assert.ok(!this.publications.has(id));
    }
    assert.equal(life.phase === 'ended', this.ended);
    if (life.phase !== 'running') assert.equal(life.members.size, 0);
    else assert.ok(life.members.size > 0, 'nobody is left in a conference that runs');
  }
}

test('whatever happens in whatever order: each ends once, and what is held has its timer', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const ledger = new Ledger();
      let life = beginLife('waiting');
      const joinedOnes = new Set<MemberId>();
      const publishedOnes = new Set<PubStreamId>();
      for (const event of [...events, { kind: 'dissolved' } as const]) {
        if (!ledger.accepts(event, life)) continue;
        if (event.kind === 'joined' && life.phase !== 'ended') joinedOnes.add(event.memberId);
        if (event.kind === 'published') publishedOnes.add(event.id);
        const result = step(life, event);
        for (const effect of result.effects) ledger.take(effect);
        life = result.life;
        ledger.check(life);
      }
      assert.deepEqual(ledger.members, joinedOnes);
      assert.deepEqual(ledger.publications, publishedOnes);
      assert.ok(ledger.ended && ledger.holds.size === 0);
    }),
    { numRuns: 500 },
  );
});
