/** Recordings that are started, stopped and paused while their publication is live. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { ID, Stage } from './media-stage-fixture.ts';
import type { RecordingBegin } from './protocol.ts';

const SECOND_KEY = '20260101000001-0123456789ab' as RecordingKey;
const SECOND = { recordingKey: SECOND_KEY, pubStreamId: ID } as RecordingBegin;
const CHANGED = { kind: 'recordingChanged' };

test('a recording is stopped and its publication goes on; another one begins with its state, and with what comes from then on', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  publisher.sendSound();
  await stage.recorder.received(1);
  await stage.service.handle({ kind: 'mute', publicationId: ID, muted: true });
  const ended = stage.until('recordingEnded');
  const stop = { kind: 'stopRecording', publicationId: ID, reason: 'stopped' } as const;
  assert.deepEqual(await stage.service.handle(stop), CHANGED);
  assert.equal((await ended).recordingKey, stage.recorder.spec.recordingKey);
  assert.deepEqual(await stage.service.handle(stop), CHANGED);
  assert.deepEqual(await stage.service.handle({ kind: 'pauseRecording', publicationId: ID }), { kind: 'unknown' });

  const start = { kind: 'startRecording', publicationId: ID, recording: SECOND } as const;
  assert.deepEqual(await stage.service.handle(start), CHANGED);
  await assert.rejects(stage.service.handle(start), TypeError);
  const [first, second] = stage.recorders;
  assert.deepEqual(second?.spec, { ...SECOND, tracks: first?.spec.tracks });
  // As if it had been paused until now: what is on its way is none of it.
  assert.deepEqual(second?.steps, ['paused', 'muted', 'goes on']);
  publisher.sendSound();
  await second?.received(1);
  assert.equal(first?.packets.length, 1);
  assert.ok(first?.steps.includes('close stopped'));
  second?.requestKeyFrame();
  publisher.sendPicture();
  await publisher.keyFrameRequested;

  const endedAll = stage.until('recordingEnded');
  await stage.service.handle({ kind: 'end', publicationId: ID, reason: 'left' });
  assert.equal((await endedAll).recordingKey, SECOND_KEY);
  assert.deepEqual(await stage.service.handle(start), { kind: 'unknown' });
});

test('a recording is paused and goes on, and may begin paused', async () => {
  const stage = new Stage();
  await stage.publish();
  const { service, recorder } = stage;
  assert.deepEqual(await service.handle({ kind: 'pauseRecording', publicationId: ID }), CHANGED);
  assert.deepEqual(await service.handle({ kind: 'resumeRecording', publicationId: ID }), CHANGED);
  assert.deepEqual(recorder.steps, ['paused', 'goes on']);
  await service.handle({ kind: 'stopRecording', publicationId: ID, reason: 'stopped' });
  await service.handle({ kind: 'startRecording', publicationId: ID, recording: { ...SECOND, paused: true } });
  assert.deepEqual(stage.recorders[1]?.steps, ['paused']);
  // No part of what the manifest keeps.
  assert.ok(!('paused' in (stage.recorders[1]?.spec ?? {})));
});
