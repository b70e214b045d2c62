import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PubStreamId } from '@callreel/contract/ids.ts';
import { createLogger } from '../base/log.ts';
import { systemTimers } from '../base/timers.ts';
import { MediaPool } from './media-pool.ts';
import { ScriptedMedia } from './scripted-media-fixture.ts';

const makePool = (count: number) => {
  const media = new ScriptedMedia();
  const events = { onEvent: () => {}, onDied: () => {} };
  const pool = new MediaPool({ count, spawn: media.spawn, events, timers: systemTimers, log: createLogger('silent') });
  const open = (name: string) =>
    pool.open({ publicationId: name as PubStreamId, offer: 'v=0', videoCodecs: ['VP8'], recording: null });
  return { media, pool, open };
};

test('where one process is full, the next takes the publication; where all are, it is refused and nothing is left of it', async () => {
  const { media, pool, open } = makePool(2);
  media.full.add(0);
  await open('one');
  await open('two');
  assert.deepEqual(media.open, ['one', 'two']);
  media.full.add(1);
  await assert.rejects(open('three'), { reason: 'busy', message: /receives as much as it can/ });
  await assert.rejects(pool.resume('three' as PubStreamId, 'v=0'), { reason: 'notFound' });
  // What is open goes on, also anew.
  await pool.resume('one' as PubStreamId, 'v=0');
  media.full.clear();
  await open('three');
  assert.deepEqual(media.open.toSorted(), ['one', 'three', 'two']);
  await pool.close(0);
});

test('an offer that is illegal is not tried elsewhere', async () => {
  const { media, pool } = makePool(2);
  const id = 'one' as PubStreamId;
  const opened = pool.open({ publicationId: id, offer: 'nonsense', videoCodecs: ['VP8'], recording: null });
  await assert.rejects(opened, { reason: 'illegalSdp' });
  assert.deepEqual(media.asked, ['open one']);
  await pool.close(0);
});
