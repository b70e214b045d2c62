import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RingEffect, type RingEvent, type RingState, stepRing } from './ring.ts';

const anyEvent: fc.Arbitrary<RingEvent> = fc.oneof(
  fc.constant<RingEvent>({ kind: 'accept' }),
  fc
    .constantFrom('refused', 'cancelled', 'noAnswer', 'offline', 'serviceStops')
    .map((reason): RingEvent => ({ kind: 'giveUp', reason: reason as 'refused' })),
);

/** What comes of a call: `outcome` is how the making of its conference ends, `after` when. */
const run = (events: readonly RingEvent[], outcome: 'made' | 'notMade', after: number): [RingState, RingEffect[]] => {
  let state: RingState = { kind: 'ringing' };
  const effects: RingEffect[] = [];
  let connectingFor: number | undefined;
  const take = (event: RingEvent): void => {
    const step = stepRing(state, event);
    state = step.state;
    effects.push(...step.effects);
    if (step.effects.some(({ kind }) => kind === 'connect')) connectingFor = 0;
  };
  for (const event of events) {
    if (connectingFor !== undefined && connectingFor++ === after) take({ kind: outcome });
    take(event);
  }
  if (connectingFor !== undefined && connectingFor <= after) take({ kind: outcome });
  return [state, effects];
};

test('whatever is said and in whatever order, a call is told of once, rings no longer then, and leaves no conference behind', () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('made' as const, 'notMade' as const),
      fc.nat(8),
      (events, outcome, after) => {
        const [state, effects] = run(events, outcome, after);
        const count = (kind: RingEffect['kind']) => effects.filter((effect) => effect.kind === kind).length;
        assert.equal(state.kind, 'over');
        assert.equal(count('tellUp') + count('tellEnded'), 1);
        assert.equal(count('stopRinging'), 1);
        const made = count('connect') === 1 && outcome === 'made';
        assert.equal(count('tellUp') + count('dissolve'), made ? 1 : 0);
        assert.equal(count('connect'), events[0]?.kind === 'accept' ? 1 : 0);
      },
    ),
  );
});

test('who gives up while the conference is made is not connected', () => {
  const [, effects] = run([{ kind: 'accept' }, { kind: 'giveUp', reason: 'cancelled' }], 'made', 1);
  assert.deepEqual(effects, [
    { kind: 'stopRinging' },
    { kind: 'connect' },
    { kind: 'tellEnded', reason: 'cancelled' },
    { kind: 'dissolve' },
  ]);
});
