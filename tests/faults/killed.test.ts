import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { SyntheticCaller } from '@callreel/synthetic/caller.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { CallerError } from '@callreel/synthetic/send/caller-error.ts';
import {
  ALICE,
  childrenOf,
  inspectRecording,
  joinAs,
  mediaOf,
  publishAs,
  sentUpTo,
  span,
} from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';

/** The bar for the newest frame received before the kill and the newest in the file; a second is 25 frames. */
const MOST_LOST_FRAMES = 25;
const KILL_AT_MS = 4000;

let media: PreparedMedia;
let dataDir: string;

before(async () => {
  media = await mediaOf(ALICE, { durationMs: 60_000, videoCodec: 'VP8', videoBitsPerSecond: 200_000 });
  dataDir = await mkdtemp(join(tmpdir(), 'callreel-faults-'));
});

after(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));

const lastSent = (caller: SyntheticCaller): number => caller.sent.frames.at(-1)?.counter ?? -1;

/** All frames from the first on, without a hole, up to at most a second before the fault. */
const assertKeptUpTo = (facts: FileFacts, counter: number): void => {
  const { counters = [] } = facts.callers.alice?.picture ?? {};
  const last = counters.at(-1) ?? -1;
  assert.deepEqual(counters, span(0, last));
  assert.ok(
    last >= counter - MOST_LOST_FRAMES,
    `frame ${counter} was sent before the kill, the file ends with ${last}`,
  );
  assert.equal(facts.video?.decodeErrors, 0);
  assert.ok(facts.durationMs > 0 && facts.audio?.holes.length === 0);
};

/** Publishes as one who can be cut off, and is when the test is over. */
const publishing = async (t: TestContext, ...given: Parameters<typeof publishAs>): Promise<SyntheticCaller> => {
  const [member, prepared, options] = given;
  const caller = await publishAs(member, prepared, { ...options, canVanish: true });
  t.after(() => caller.vanish());
  return caller;
};

/** Tries again while the service says that it is busy: a new media process is on its way. */
const untilServed = async <Result>(attempt: () => Promise<Result>): Promise<Result> => {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof CallerError && error.status === 503)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

const publishFor = async (
  t: TestContext,
  { api }: TestService,
): Promise<{ caller: SyntheticCaller; confrId: string }> => {
  const confrId = await createCall(api);
  const caller = await publishing(t, await joinAs(api, confrId, 'alice'), media);
  await sentUpTo(caller, KILL_AT_MS);
  return { caller, confrId };
};

describe('kill -9', () => {
  test('of the media process: its file is finished and listed while the service goes on', async (t) => {
    const running = await startTestService();
    t.after(() => running.service.stop());
    const { caller, confrId } = await publishFor(t, running);
    const [mediaProcess] = await childrenOf(running.service.pid, 'sfu/worker.ts');
    assert.ok(mediaProcess);
    const before = lastSent(caller);
    process.kill(mediaProcess, 'SIGKILL');
    const [recording] = await waitForRecordings(running.api, confrId, (listed) => listed.length === 1);
    assert.ok(recording);
    assertKeptUpTo(await inspectRecording(recording, [ALICE]), before);

    const again = await joinAs(running.api, confrId, 'bob');
    const second = await untilServed(() => publishing(t, again, media));
    await sentUpTo(second, 1000);
    await second.stop();
    const listed = await waitForRecordings(running.api, confrId, (all) => all.length === 2);
    assert.equal(new Set(listed.map(({ id }) => id)).size, 2);
  });

  test('of the server: the next start finishes and lists what there was, once', async (t) => {
    const running = await startTestService({ dataDir });
    t.after(() => running.service.kill());
    const { caller, confrId } = await publishFor(t, running);
    const before = lastSent(caller);
    await running.service.kill();
    const next = await startTestService({ dataDir });
    t.after(() => next.service.stop());
    const [recording] = await waitForRecordings(next.api, confrId, (listed) => listed.length === 1);
    assert.ok(recording);
    assertKeptUpTo(await inspectRecording(recording, [ALICE]), before);
    assert.equal((await next.api.recordingsOf(confrId)).length, 1);
  });

  test('of the server and its children at once: the same', async (t) => {
    const running = await startTestService({ dataDir });
    t.after(() => running.service.kill());
    const { caller, confrId } = await publishFor(t, running);
    const mediaProcesses = await childrenOf(running.service.pid, 'sfu/worker.ts');
    const before = lastSent(caller);
    for (const pid of [running.service.pid, ...mediaProcesses]) process.kill(pid, 'SIGKILL');
    await running.service.exited;
    const next = await startTestService({ dataDir });
    t.after(() => next.service.stop());
    const [recording] = await waitForRecordings(next.api, confrId, (listed) => listed.length === 1);
    assert.ok(recording);
    assertKeptUpTo(await inspectRecording(recording, [ALICE]), before);
  });
});

describe('SIGTERM in the middle of a call', () => {
  test('the file is whole, and a member goes on with the same token after the start', async (t) => {
    const running = await startTestService({ dataDir });
    t.after(() => running.service.kill());
    const confrId = await createCall(running.api);
    const member = await joinAs(running.api, confrId, 'alice');
    const caller = await publishing(t, member, media);
    await sentUpTo(caller, 2000);
    const before = lastSent(caller);
    assert.deepEqual(await running.service.stop(), { code: 0, signal: null });
    const next = await startTestService({ dataDir });
    t.after(() => next.service.stop());
    const moved = member.whip.replace(running.service.url, next.service.url);
    const second = await publishing(t, { ...member, whip: moved }, media);
    await sentUpTo(second, 1000);
    await second.stop();
    const listed = await waitForRecordings(next.api, confrId, (all) => all.length === 2);
    const files = await Promise.all(listed.map((recording) => inspectRecording(recording, [ALICE])));
    const [whole] = files.sort((one, other) => other.durationMs - one.durationMs);
    assert.ok(whole);
    assertKeptUpTo(whole, before);
  });
});

test('a caller who loses the network comes back into the same file, the hole filled with silence', async (t) => {
  const running = await startTestService();
  t.after(() => running.service.stop());
  const confrId = await createCall(running.api);
  const member = await joinAs(running.api, confrId, 'alice');
  const first = await publishing(t, member, media);
  await sentUpTo(first, 2000);
  first.vanish();
  const pubStreamId = first.resourceUrl.split('/').at(-1);
  const second = await publishing(t, member, media, { query: `?resume=${pubStreamId}`, fromMs: 5000 });
  await sentUpTo(second, 7000);
  await second.stop();
  const [recording] = await waitForRecordings(running.api, confrId, (listed) => listed.length === 1);
  assert.ok(recording);
  assert.equal(recording.pubStreamId, pubStreamId);
  const facts = await inspectRecording(recording, [ALICE]);
  const counters = facts.callers.alice?.picture?.counters ?? [];
  assert.ok(counters.includes(0) && counters.includes(150), 'pictures of before and after the hole');
  assert.equal(facts.video?.decodeErrors, 0);
  assert.deepEqual(facts.audio?.holes, []);
});
