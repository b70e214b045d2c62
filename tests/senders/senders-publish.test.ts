/** Other makers' senders publish to the service, and what they sent is in the files. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { muxFixture } from '@callreel/synthetic/inspect/muxed-fixture.ts';
import { ALICE, inspectRecording, joinAs, leave, mediaOf, SYNC_BOUNDS_MS, span } from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';
import { publishByFfmpeg } from './ffmpeg.ts';
import { skip as noFirefox, openFirefox } from './firefox.ts';
import { publishByFirefox } from './firefox-publishing.ts';
import { H264, H264_WITH_B_FRAMES, skip as noGstreamer, publishByGstreamer } from './gstreamer.ts';
import type { WhipTarget } from './publishing-program.ts';

const DURATION_MS = 4000;
const FRAMES = (DURATION_MS * 25) / 1000;

let running: TestService;
let folder = '';

before(async () => {
  // Firefox sends from none of its loopback addresses.
  running = await startTestService({ settings: { CALLREEL_HOST: '0.0.0.0' } });
  folder = await mkdtemp(join(tmpdir(), 'callreel-senders-'));
});

after(async () => {
  await running?.service.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Joins, has it published until the sender ends it, and looks into the file. */
const record = async (publish: (target: WhipTarget) => Promise<void>): Promise<FileFacts> => {
  const confrId = await createCall(running.api);
  const member = await joinAs(running.api, confrId, 'alice');
  await publish({ whipUrl: member.whip, token: member.token });
  await leave(member);
  const [recording] = await waitForRecordings(running.api, confrId, (listed) => listed.length === 1);
  assert.ok(recording);
  const facts = await inspectRecording(recording, [ALICE]);
  assert.deepEqual([facts.video?.decodeErrors, facts.audio?.decodeErrors, facts.audio?.holes], [0, 0, []]);
  return facts;
};

/**
 * On a busy machine the sender drops pictures itself: the first ones, until it is connected, and some of the last, which it ends before it has
 * encoded. In the middle all are there, in the order of showing.
 */
const assertShown = ({ callers }: FileFacts, sent: number): void => {
  const shown = callers.alice?.picture?.readings.map(({ counter }) => counter ?? Number.NaN) ?? [];
  assert.ok(
    shown.every((counter, index) => index === 0 || counter > (shown[index - 1] ?? 0)),
    shown.join(' '),
  );
  const middle = span(Math.floor(sent / 4), Math.floor((3 * sent) / 4));
  const missing = middle.filter((counter) => !shown.includes(counter));
  assert.deepEqual(missing, [], shown.join(' '));
};

const noOutside =
  !Object.values(networkInterfaces())
    .flat()
    .some((address) => address?.internal === false) && 'this machine has no address but loopback';

test('Firefox, with the browser SDK', { skip: noFirefox || noOutside }, async () => {
  const firefox = await openFirefox();
  try {
    await firefox.goto(running.service.url);
    const facts = await record((target) => publishByFirefox(firefox, target, DURATION_MS));
    assert.deepEqual([facts.container, facts.video?.codec, facts.audio?.codec], ['webm', 'vp8', 'opus']);
    // A fake camera of 30 frames a second; how many it manages is up to the machine.
    assert.ok((facts.video?.frameTimesMs.length ?? 0) > 30);
    assert.ok(Math.abs(facts.durationMs - (facts.audio?.endMs ?? 0)) < 100);
  } finally {
    await firefox.close();
  }
});

for (const [name, encoder] of [
  ['H264 without B pictures', H264],
  ['H264 with B pictures', H264_WITH_B_FRAMES],
] as const) {
  test(`GStreamer, ${name}`, { skip: noGstreamer }, async () => {
    const path = join(folder, 'alice.webm');
    // Long enough for what it drops at either end to be less than a quarter.
    const durationMs = 2 * DURATION_MS;
    const plan = { durationMs, videoCodec: 'VP8', width: 320, height: 180 } as const;
    muxFixture(path, 'webm', await mediaOf(ALICE, plan));
    const facts = await record((target) => publishByGstreamer(path, target, encoder));
    assert.deepEqual([facts.container, facts.video?.codec, facts.audio?.codec], ['mkv', 'h264', 'opus']);
    assertShown(facts, (durationMs * 25) / 1000);
  });
}

test("FFmpeg's WHIP muxer", async () => {
  const facts = await record((target) => publishByFfmpeg(target, DURATION_MS));
  assert.deepEqual([facts.container, facts.video?.codec, facts.audio?.codec], ['mkv', 'h264', 'opus']);
  assertShown(facts, FRAMES);
  for (const { offsetMs } of facts.callers.alice?.sync.pairs ?? []) {
    assert.ok(offsetMs > SYNC_BOUNDS_MS.early && offsetMs < SYNC_BOUNDS_MS.late, `sound is ${offsetMs} ms late`);
  }
});
