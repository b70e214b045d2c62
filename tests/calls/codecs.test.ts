/** Callers who offer one codec alone, over real UDP, to their files and the merged one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import {
  ALICE,
  BOB,
  inspectRecording,
  joinAs,
  leave,
  mediaOf,
  publishAs,
  SYNC_BOUNDS_MS,
  span,
} from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';

const SECONDS = 5;
const FRAMES = SECONDS * 25;

type Publishing = { videoCodec: VideoCodecName; audioCodec: AudioCodecName };

/** Each of them in one of two files, and each pair merged. */
const PAIRS: [Publishing, Publishing][] = [
  [
    { videoCodec: 'H265', audioCodec: 'PCMU' },
    { videoCodec: 'VP9', audioCodec: 'opus' },
  ],
  [
    { videoCodec: 'AV1', audioCodec: 'opus' },
    { videoCodec: 'VP8', audioCodec: 'PCMA' },
  ],
];

const DECODERS = {
  VP8: 'vp8',
  VP9: 'vp9',
  AV1: 'libdav1d',
  H264: 'h264',
  H265: 'hevc',
  opus: 'opus',
  PCMU: 'pcm_mulaw',
  PCMA: 'pcm_alaw',
} as const;

let running: TestService;

before(async () => {
  running = await startTestService();
});
after(() => running?.service.stop());

const assertInSync = (facts: FileFacts, caller: string, least: number): void => {
  const { pairs = [] } = facts.callers[caller]?.sync ?? {};
  assert.ok(pairs.length >= least, `${caller}: ${pairs.length} of ${least} flashes have a beep`);
  for (const { offsetMs, flashMs } of pairs) {
    const inBounds = offsetMs >= SYNC_BOUNDS_MS.early && offsetMs <= SYNC_BOUNDS_MS.late;
    assert.ok(inBounds, `${caller}: the beep at ${flashMs} ms is ${offsetMs} ms off`);
  }
};

const assertAsSent = async (recording: RecordingView, wanted: Publishing, look: typeof ALICE | typeof BOB) => {
  const { videoCodec, audioCodec } = wanted;
  const facts = await inspectRecording(recording, [look]);
  const inWebm = videoCodec !== 'H265' && audioCodec === 'opus';
  assert.deepEqual(
    [facts.container, facts.video?.codec, facts.audio?.codec],
    [inWebm ? 'webm' : 'mkv', DECODERS[videoCodec], DECODERS[audioCodec]],
  );
  assert.deepEqual([facts.video?.decodeErrors, facts.audio?.decodeErrors, facts.audio?.holes], [0, 0, []]);
  assert.equal(facts.video?.frameTimesMs.length, FRAMES);
  assert.deepEqual(facts.callers[look.name]?.picture?.counters, span(0, FRAMES - 1));
  assertInSync(facts, look.name, SECONDS - 1);
};

for (const [first, second] of PAIRS) {
  const name = ({ videoCodec, audioCodec }: Publishing): string => `${videoCodec} with ${audioCodec}`;
  test(`${name(first)} and ${name(second)}: each file as sent, and merged`, async () => {
    const { api } = running;
    const durationMs = SECONDS * 1000;
    const [hers, his] = await Promise.all([
      mediaOf(ALICE, { durationMs, ...first }),
      mediaOf(BOB, { durationMs, ...second }),
    ]);
    const confrId = await createCall(api, { recMerge: true });
    const [alice, bob] = [await joinAs(api, confrId, 'alice'), await joinAs(api, confrId, 'bob')];
    const callers = [await publishAs(alice, hers), await publishAs(bob, his)];
    await Promise.all(callers.map((caller) => caller.waitUntilSent()));
    await Promise.all(callers.map((caller) => caller.stop()));
    await leave(alice);
    await leave(bob);
    const recordings = await waitForRecordings(api, confrId, ({ length }) => length === 3, 120_000);
    const of = (wanted: (recording: RecordingView) => boolean): RecordingView =>
      recordings.find(wanted) ?? assert.fail();
    const single = (userName: string) =>
      of((one) => one.recordType === 'ONLY_REC_ONE_AV' && one.userName.endsWith(`_${userName}`));
    await assertAsSent(single('alice'), first, ALICE);
    await assertAsSent(single('bob'), second, BOB);
    const merged = await inspectRecording(
      of(({ recordType }) => recordType === 'MERGE_ALL'),
      [ALICE, BOB],
    );
    assert.deepEqual([merged.container, merged.video?.decodeErrors, merged.audio?.decodeErrors], ['mp4', 0, 0]);
    for (const { name: caller } of [ALICE, BOB]) assertInSync(merged, caller, SECONDS - 2);
  });
}
