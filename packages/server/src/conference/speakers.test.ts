import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import { VirtualTime } from '../base/virtual-time-fixture.ts';
import { Speakers } from './speakers.ts';

const [camera, screen, other] = ['camera', 'screen', 'other'] as unknown as [PubStreamId, PubStreamId, PubStreamId];
const [ann, bob] = ['ann', 'bob'] as unknown as [MemberId, MemberId];

const newStage = () => {
  const time = new VirtualTime();
  const told: MemberId[][] = [];
  const speakers = new Speakers({ timers: time.timers(), onChanged: (memberIds) => told.push(memberIds) });
  return { time, told, speakers, leap: (ms: number) => time.leap(ms, async () => {}) };
};

test('the first word is told at once, the rest when it was quiet for a moment, as it is by then', async () => {
  const { told, speakers, leap } = newStage();
  speakers.set(camera, ann, true);
  speakers.set(other, bob, true);
  speakers.set(camera, ann, false);
  assert.deepEqual(told, [[ann]]);
  await leap(400);
  assert.deepEqual(told, [[ann], [bob]]);
});

test('who begins and stops a hundred times a second is told of a few times a second', async () => {
  const { told, speakers, leap } = newStage();
  for (let index = 0; index < 200; index++) {
    speakers.set(camera, ann, index % 2 === 0);
    await leap(10);
  }
  assert.ok(told.length <= 7, `told ${told.length} times in 2 s`);
});

test('a member who speaks in two publications is one speaker, until both are silent', async () => {
  const { told, speakers, leap } = newStage();
  speakers.set(camera, ann, true);
  speakers.set(screen, ann, true);
  await leap(400);
  speakers.set(camera, ann, false);
  await leap(400);
  speakers.set(screen, ann, false);
  assert.deepEqual(told, [[ann], []]);
});

test('closed in the middle of a pause, it tells nothing more and leaves no timer', async () => {
  const { time, told, speakers, leap } = newStage();
  speakers.set(camera, ann, true);
  speakers.set(camera, ann, false);
  speakers.close();
  await leap(1000);
  assert.deepEqual(told, [[ann]]);
  assert.equal(time.waiting, 0);
});
