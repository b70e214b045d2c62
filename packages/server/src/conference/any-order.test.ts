import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { checkAllOver, checkWorld } from '../../../../tests/support/conference-world/check-world.ts';
import { World } from '../../../../tests/support/conference-world/world.ts';
import { happenings } from '../../../../tests/support/conference-world/world-actions.ts';
import { FactReader } from '../../../../tests/support/conference-world/world-facts.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { openStore, type Store } from '../store/store.ts';

/** More of them find what is rarer: CALLREEL_TEST_HISTORIES=2000. */
const HISTORIES = Number(process.env.CALLREEL_TEST_HISTORIES ?? 40);

const LONG = { kind: 'leap', byMs: 25 * 3600_000 } as const;

let postgres: TestPostgres;
let store: Store;
let facts: FactReader;

before(async () => {
  postgres = await startPostgres();
  store = await openStore(postgres);
  facts = new FactReader(postgres.connection);
});

after(async () => {
  await facts?.close();
  await store?.close();
  await postgres?.stop();
});

test('joins, losses, kicks, kills, outages in any order: nothing stays open, ends twice or is forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (history) => {
      const world = await World.begin({ postgres, store, facts });
      try {
        for (const happening of history) {
          await world.happen(happening);
          await checkWorld(world, happening);
        }
        await world.outlive();
        await checkWorld(world, LONG);
        await checkAllOver(world);
        await world.node.stop();
        assert.equal(world.time.waiting, 0, 'no timer is left');
      } finally {
        await world.abandon();
      }
    }),
    { numRuns: HISTORIES },
  );
});
