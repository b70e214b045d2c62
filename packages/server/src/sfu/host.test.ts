import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { PubStreamId, RecordingKey } from '@callreel/contract/ids.ts';
import { createLogger } from '../base/log.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';
import { MediaProcess } from './host.ts';
import type { MediaEvent } from './protocol.ts';
import { Publisher } from './publisher-fixture.ts';

const ID = 'rtc-10-abcdefg_C1M1' as PubStreamId;
const KEY = '20260101000000-0123456789ab' as RecordingKey;

const recording = (): Omit<RecordingSpec, 'tracks'> =>
  ({
    recordingKey: KEY,
    org: 'org',
    app: 'app',
    appId: 1,
    confrId: 'IM_X1C1',
    memberId: 'IM_X1C1M1',
    userName: 'user',
    accessId: 'HI1',
    pubStreamId: ID,
    kind: 'av',
    conferenceZeroMs: nowMs(),
    conferenceZeroWallMs: Date.now(),
    bootId: '',
  }) as Omit<RecordingSpec, 'tracks'>;

const start = async () => {
  const spoolDir = await mkdtemp(join(tmpdir(), 'callreel-media-'));
  const events = new EventEmitter();
  const exited = Promise.withResolvers<void>();
  const media = new MediaProcess({
    rtcPort: 0,
    bindAddress: '127.0.0.1',
    announceAddresses: [],
    spoolDir,
    log: createLogger('silent'),
    onEvent: (event: MediaEvent) => events.emit(event.kind, event),
    onExit: () => exited.resolve(),
  });
  after(async () => {
    await media.close(5000);
    await rm(spoolDir, { recursive: true });
  });
  const publish = () =>
    Publisher.publish(async (offer) => {
      const request = { kind: 'open', publicationId: ID, offer, videoCodecs: ['VP8'], recording: recording() } as const;
      const reply = await media.request({ ...request, videoCodecs: [...request.videoCodecs] });
      return reply.kind === 'answered' ? reply.answer : '';
    });
  return { media, events, spoolDir, exited: exited.promise, publish };
};

test('a media process records a publisher into its spool folder', async () => {
  const { media, events, spoolDir, publish } = await start();
  const connected = once(events, 'connected');
  const publisher = await publish();
  await connected;
  for (let index = 0; index < 100; index += 1) publisher.sendSound();
  for (let packets = 0; packets < 100; ) {
    const reply = await media.request({ kind: 'stats' });
    assert.ok(reply.kind === 'stats');
    packets = reply.stats.publications[0]?.sources[0]?.packets ?? 0;
  }
  const recordingEnded = once(events, 'recordingEnded');
  assert.deepEqual(await media.request({ kind: 'end', publicationId: ID, reason: 'left' }), { kind: 'ended' });
  assert.deepEqual(await recordingEnded, [{ kind: 'recordingEnded', publicationId: ID, recordingKey: KEY }]);
  const manifest = JSON.parse(await readFile(join(spoolDir, KEY, 'manifest.json'), 'utf8'));
  assert.equal(manifest.state, 'ended');
  assert.equal(manifest.reason, 'left');
  assert.ok((await stat(join(spoolDir, KEY, 'media'))).size > 0);
  publisher.close();
});

test('a media process that is closed ends its recordings first', async () => {
  const { media, spoolDir, exited, publish } = await start();
  const publisher = await publish();
  publisher.sendSound();
  await media.close(5000);
  await exited;
  const manifest = JSON.parse(await readFile(join(spoolDir, KEY, 'manifest.json'), 'utf8'));
  assert.equal(manifest.state, 'ended');
  publisher.close();
});

/** Of a thread, as in field 41 of its `stat`: 0 is SCHED_OTHER, 3 SCHED_BATCH (sched(7)). */
const policyOf = async (task: string): Promise<number> => {
  const text = await readFile(`${task}/stat`, 'utf8');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[38]);
};

test('threads that decrypt do not cut in on the one that reads the socket', {
  skip: !existsSync('/usr/bin/chrt'),
}, async () => {
  const { media } = await start();
  await media.request({ kind: 'stats' });
  const folder = `/proc/${media.pid}/task`;
  const policies = new Map<string, Set<number>>();
  for (const task of await readdir(folder)) {
    const name = (await readFile(`${folder}/${task}/comm`, 'utf8')).trim();
    policies.set(name, new Set([...(policies.get(name) ?? []), await policyOf(`${folder}/${task}`)]));
  }
  assert.deepEqual(policies.get('RTC worker'), new Set([3]));
  assert.deepEqual(policies.get('juice mux'), new Set([0]));
});
