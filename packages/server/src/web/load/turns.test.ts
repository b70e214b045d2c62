import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { LoopShares } from './loop-shares.ts';
import { type Caller, type Release, type TurnLimits, Turns } from './turns.ts';

const LIMITS: TurnLimits = {
  mostAtOnce: 4,
  mostOfOne: 2,
  mostWaiting: 100,
  longestWaitMs: 60_000,
  longestTurnMs: 60_000,
  presentMs: 1_000,
  shares: { live: { part: 0.5, burstMs: 1e9 }, other: { part: 0.25, burstMs: 10 } },
};

const build = (limits: Partial<TurnLimits> = {}) => {
  const time = { ms: 0, busyMs: 0 };
  const nowMs = () => time.ms;
  const shares = new LoopShares({ nowMs, busyMs: () => time.busyMs });
  return { time, turns: new Turns({ limits: { ...LIMITS, ...limits }, shares, nowMs }) };
};

const caller = (tenant: string, address = '10.0.0.1'): Caller => ({ tenant, address, kind: 'other' });

/** Notes who is started; each keeps its turn until it is released. */
const start = (turns: Turns, callers: readonly Caller[]) => {
  const started: string[] = [];
  const releases: Release[] = [];
  const all = callers.map(async (each) => {
    const release = await turns.take(each);
    started.push(release === undefined ? `${each.tenant} refused` : `${each.tenant} ${each.address}`);
    if (release) releases.push(release);
  });
  return { started, releases, all };
};

test('one tenant has two turns at once, another finds his own free', async () => {
  const { turns } = build();
  const { started } = start(turns, [caller('a'), caller('a'), caller('a'), caller('b')]);
  await nextTurn();
  assert.deepEqual(started, ['a 10.0.0.1', 'a 10.0.0.1', 'b 10.0.0.1']);
});

test('those who wait are taken tenant by tenant, and address by address', async () => {
  const { turns } = build({ mostAtOnce: 1 });
  const waiting = [
    ...[caller('a', '1'), caller('a', '1'), caller('a', '1'), caller('a', '2')],
    ...[caller('b', '3'), caller('b', '3')],
  ];
  const { started, releases } = start(turns, waiting);
  for (let count = 0; count < waiting.length; count += 1) {
    await nextTurn();
    releases.shift()?.();
  }
  // The first found nobody before him.
  assert.deepEqual(started, ['a 1', 'a 1', 'b 3', 'a 2', 'b 3', 'a 1']);
  assert.equal(turns.lanes, 0);
});

test('calls of people who join do not wait behind those for lists', async () => {
  const { turns } = build();
  const { started } = start(turns, [
    ...[caller('a'), caller('a'), caller('a')],
    { tenant: 'a', address: 'member', kind: 'live' },
  ]);
  await nextTurn();
  assert.ok(started.includes('a member'));
});

test('a tenant who used up his share waits while others call, and not when he is alone', async () => {
  const { time, turns } = build();
  const use = async (tenant: string, busyMs: number): Promise<void> => {
    const release = await turns.take(caller(tenant));
    time.busyMs += busyMs;
    time.ms += busyMs;
    release?.();
  };
  await use('a', 500);
  await use('a', 500);
  await use('b', 1);
  const { started } = start(turns, [caller('a'), caller('b')]);
  await nextTurn();
  assert.deepEqual(started, ['b 10.0.0.1']);
  // 990 ms over his burst of 10 ms, at a quarter: even again after some 4 s, or when b has not called for a second.
  time.ms += 1_100;
  const later = start(turns, [caller('a', '10.0.0.2')]);
  await nextTurn();
  assert.deepEqual(later.started, ['a 10.0.0.2']);
});

test('who finds too many before him, or waits too long, is told so', async () => {
  const { turns } = build({ mostAtOnce: 1, mostWaiting: 2, longestWaitMs: 5 });
  const { started, releases, all } = start(turns, [caller('a'), caller('a'), caller('a'), caller('a')]);
  await Promise.all(all);
  assert.deepEqual(started, ['a 10.0.0.1', 'a refused', 'a refused', 'a refused']);
  releases[0]?.();
  assert.equal(turns.lanes, 0);
});

test('a turn that takes too long is given on', async () => {
  const { turns } = build({ mostAtOnce: 1, longestTurnMs: 5 });
  const { started, releases, all } = start(turns, [caller('a'), caller('b')]);
  await Promise.all(all);
  assert.equal(started.length, 2);
  for (const release of releases) release();
  assert.equal(turns.lanes, 0);
});

test('whoever comes when, everyone gets a turn and never too many have one', async () => {
  const calls = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), fc.nat(3)), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(calls, async (comers) => {
      const { turns } = build();
      const running = new Map<string, number>();
      const work = comers.map(async ([tenant, address, lasts]) => {
        const release = await turns.take(caller(tenant, address));
        assert.ok(release);
        const ofTenant = (running.get(tenant) ?? 0) + 1;
        running.set(tenant, ofTenant);
        assert.ok(ofTenant <= LIMITS.mostOfOne);
        assert.ok([...running.values()].reduce((sum, count) => sum + count, 0) <= LIMITS.mostAtOnce);
        for (let turn = 0; turn < lasts; turn += 1) await nextTurn();
        running.set(tenant, (running.get(tenant) ?? 0) - 1);
        release();
        release();
      });
      await Promise.all(work);
      assert.equal(turns.lanes, 0);
    }),
    { numRuns: 50 },
  );
});
