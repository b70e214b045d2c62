/** A call whose recording is paused, resumed, stopped and started by hand, from the orders to the files. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { RecordingAction, RecordingStatusWithLog } from '@callreel/contract/recording-control.ts';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { assertAddsUp } from '@callreel/server/recorder/report/reported-recording-fixture.ts';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { EventClient } from '../support/event-client.ts';
import { ALICE, inspectRecording, joinAs, leave, mediaOf, publishAs, sentUpTo } from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';

let running: TestService;
let media: PreparedMedia;

before(async () => {
  [running, media] = await Promise.all([
    startTestService(),
    mediaOf(ALICE, { durationMs: 60_000, videoCodec: 'VP8', width: 320, height: 180, framesPerSecond: 15 }),
  ]);
});

after(() => running?.service.stop());

const call = async (url: string, method: string, token: string, body?: string, type = 'application/json') => {
  const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type }) };
  const answer = await fetch(url, { method, headers, body: body ?? null });
  assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
  return answer;
};

const recordingUrl = ({ whip }: JoinView): string => whip.replace(/whip$/, 'recording');

const order = async (member: JoinView, action: RecordingAction): Promise<void> => {
  await call(recordingUrl(member), 'POST', running.token, JSON.stringify({ action }));
};

const statusOf = async (member: JoinView): Promise<RecordingStatusWithLog> =>
  (await (await call(recordingUrl(member), 'GET', running.token)).json()) as RecordingStatusWithLog;

/** How long after an order its effect may be seen in the file: what is on its way then, and the wait for a key frame. */
const SLACK_MS = 1500;

/** The pause as the log has it, and the gaps of that cause. */
const assertPauseMarked = (report: RecordingReport, { log = [] }: RecordingStatusWithLog): void => {
  const [paused, resumed] = (['pause', 'resume'] as const).map((action) =>
    Date.parse(log.find((entry) => entry.action === action)?.at ?? ''),
  );
  const pauseMs = Number(resumed) - Number(paused);
  assert.deepEqual(report.gaps.map(({ cause, track }) => `${cause} ${track}`).sort(), ['pause audio', 'pause video']);
  for (const { track, lengthMs } of report.gaps) {
    assert.ok(Math.abs(lengthMs - pauseMs) < SLACK_MS, `${track}: ${lengthMs} ms of ${pauseMs} ms`);
  }
};

test('paused and resumed in one file, which is listed while the call goes on; started again in another; merged of both', async (t) => {
  const confrId = await createCall(running.api, { recMerge: true });
  const alice = await joinAs(running.api, confrId, 'alice');
  const listener = await EventClient.open(alice);
  const caller = await publishAs(alice, media, { canVanish: true });
  t.after(() => caller.vanish());
  await sentUpTo(caller, 1500);
  await order(alice, 'pause');
  await sentUpTo(caller, 3500);
  await order(alice, 'resume');
  await sentUpTo(caller, 5500);
  await order(alice, 'stop');
  const [first] = await waitForRecordings(running.api, confrId, (all) => all.length === 1);
  assert.ok(first);
  await order(alice, 'start');
  const startedMs = caller.sent.frames.at(-1)?.mediaMs ?? 0;
  await sentUpTo(caller, startedMs + 2000);
  await caller.stop();

  await listener.heard('publicationEnded');
  const told = listener.events.flatMap((event) => (event.kind === 'recordingChanged' ? [event] : []));
  const states = ['paused', 'recording', 'stopped', 'recording'];
  assert.deepEqual(
    told.map(({ pubStreamId, state }) => `${pubStreamId ?? 'all'} ${state}`),
    states.flatMap((state) => [`all ${state}`, `${first.pubStreamId} ${state}`]),
  );
  await leave(alice);
  const files = await waitForRecordings(running.api, confrId, (all) => all.length === 3);
  assert.deepEqual(
    files.map(({ recordType, pubStreamId }) => [recordType, pubStreamId]),
    [
      ['ONLY_REC_ONE_AV', first.pubStreamId],
      ['ONLY_REC_ONE_AV', first.pubStreamId],
      ['MERGE_ALL', undefined],
    ],
  );

  const { report, verdict } = await running.api.recording(first.id);
  assert.ok(report);
  assertAddsUp(report);
  assert.deepEqual([verdict, report.ended], ['complete', 'stopped']);
  const status = await statusOf(alice);
  assert.deepEqual([status.state, status.log?.length], ['stopped', 4]);
  assertPauseMarked(report, status);
  for (const file of files) assert.ok((await inspectRecording(file)).video, `${file.id} can be decoded`);
});

test('a recording without media is told of while the call goes on', async () => {
  const confrId = await createCall(running.api);
  const alice = await joinAs(running.api, confrId, 'alice');
  const listener = await EventClient.open(alice);
  const published = await call(alice.whip, 'POST', alice.token, CHROMIUM_OFFER, 'application/sdp');
  const location = published.headers.get('location') ?? '';
  await call(location, 'DELETE', alice.token);
  const { pubStreamId, reason } = await listener.heard('recordingEmpty');
  assert.deepEqual([pubStreamId, reason], [location.split('/').at(-1), 'nothingReceived']);
  await leave(alice);
});
