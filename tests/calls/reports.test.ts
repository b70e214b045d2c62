/** What the service tells of how complete a recording is, when each thing that can happen to it really does. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { ReportedRecording } from '@callreel/contract/recording.ts';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import { assertAddsUp } from '@callreel/server/recorder/report/reported-recording-fixture.ts';
import type { SyntheticCaller } from '@callreel/synthetic/caller.ts';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { cleanupsOf } from '../support/cleanups.ts';
import { ALICE, childrenOf, joinAs, mediaOf, publishAs, sentUpTo } from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';

let running: TestService;
let media: PreparedMedia;

before(async () => {
  [running, media] = await Promise.all([
    startTestService(),
    mediaOf(ALICE, { durationMs: 60_000, videoCodec: 'VP8', videoBitsPerSecond: 200_000 }),
  ]);
});

after(() => running?.service.stop());

type Reported = ReportedRecording & { report: RecordingReport };

const onlyRecording = async ({ api }: TestService, confrId: string): Promise<Reported> => {
  const [listed] = await waitForRecordings(api, confrId, (all) => all.length === 1);
  assert.ok(listed);
  const recording = await api.recording(listed.id);
  assert.ok(recording.report);
  assert.equal(recording.verdict, recording.report.verdict);
  assertAddsUp(recording.report);
  return { ...recording, report: recording.report };
};

type Call = { confrId: string; member: JoinView; caller: SyntheticCaller };

const call = async (t: TestContext, service = running): Promise<Call> => {
  const confrId = await createCall(service.api);
  const member = await joinAs(service.api, confrId, 'alice');
  const caller = await publishAs(member, media, { canVanish: true });
  t.after(() => caller.vanish());
  return { confrId, member, caller };
};

const gapsOf = (report: RecordingReport, track: 'audio' | 'video') => report.gaps.filter((gap) => gap.track === track);

describe('the report of a recording', () => {
  test('all came: complete, with what was counted, and the hash of the file', async (t) => {
    const { confrId, caller } = await call(t);
    await sentUpTo(caller, 4000);
    await caller.stop();
    const recording = await onlyRecording(running, confrId);
    const { report, durationMs } = recording;
    assert.deepEqual([report.verdict, report.reasons, report.ended], ['complete', [], 'unpublished']);
    assert.deepEqual(report.gaps, []);
    assert.equal(report.video?.frames, caller.sent.frames.length);
    assert.equal(report.audio?.expectedMs, Math.round(durationMs));
    const { received, lost, missing } = report.audio?.packets ?? {};
    assert.deepEqual([received, lost, missing], [caller.sent.soundPackets, 0, 0]);
    assert.ok((report.video?.keyFrameRequests ?? 0) >= 1);
    assert.ok(Math.abs(report.largestOffset?.ms ?? Number.NaN) < 60, JSON.stringify(report.largestOffset));
    const bytes = Buffer.from(await (await fetch(recording.url)).arrayBuffer());
    let { sha256 } = recording;
    while (sha256 === undefined) ({ sha256 } = await running.api.recording(recording.id));
    assert.equal(sha256, createHash('sha256').update(bytes).digest('hex'));
  });

  test('packets are lost for two seconds: gaps of both tracks, and what a NACK brought back', async (t) => {
    const { confrId, caller } = await call(t);
    await sentUpTo(caller, 2000);
    caller.loseOnTheWay(0.7);
    await sentUpTo(caller, 4000);
    caller.loseOnTheWay(0);
    await sentUpTo(caller, 15_000);
    await caller.stop();
    const { report } = await onlyRecording(running, confrId);
    assert.deepEqual([report.verdict, report.reasons], ['gaps', ['mediaMissing']]);
    assert.deepEqual([...new Set(report.gaps.map(({ cause }) => cause))], ['loss']);
    const sound = gapsOf(report, 'audio').reduce((sum, { lengthMs }) => sum + lengthMs, 0);
    assert.ok(Math.abs(sound - 20 * (report.audio?.packets.missing ?? 0)) <= 40, `${sound} ms`);
    assert.ok(gapsOf(report, 'video').length >= 1);
    const { lost = 0, recovered = 0, missing = 0 } = report.video?.packets ?? {};
    assert.ok(recovered > 0 && missing > 0 && lost >= recovered + missing, JSON.stringify(report.video?.packets));
    assert.ok((report.audio?.packets.lost ?? 0) >= (report.audio?.packets.missing ?? 0));
    assert.ok((report.video?.leftOut.waitingForKeyFrame ?? 0) > 0);
  });

  test('a member is silenced and heard again: a mute of that length, and nothing missing', async (t) => {
    const { confrId, member, caller } = await call(t);
    const silence = async (mute: boolean): Promise<void> => {
      const headers = { Authorization: `Bearer ${running.token}`, 'Content-Type': 'application/json' };
      const answer = await fetch(member.leave, { method: 'POST', headers, body: JSON.stringify({ mute }) });
      assert.equal(answer.status, 200);
    };
    await sentUpTo(caller, 1500);
    await silence(true);
    const fromMs = caller.sent.frames.at(-1)?.mediaMs ?? 0;
    await sentUpTo(caller, fromMs + 2000);
    await silence(false);
    const untilMs = caller.sent.frames.at(-1)?.mediaMs ?? 0;
    await sentUpTo(caller, untilMs + 1500);
    await caller.stop();
    const { report } = await onlyRecording(running, confrId);
    assert.equal(report.verdict, 'complete');
    assert.deepEqual(
      report.gaps.map(({ track, cause }) => [track, cause]),
      [['audio', 'mute']],
    );
    assert.ok((report.gaps[0]?.lengthMs ?? 0) >= 1800, JSON.stringify(report.gaps));
  });

  test('the network is lost and found again: a disconnect in both tracks', async (t) => {
    const { confrId, member, caller } = await call(t);
    await sentUpTo(caller, 2000);
    caller.vanish();
    const pubStreamId = caller.resourceUrl.split('/').at(-1);
    const second = await publishAs(member, media, { query: `?resume=${pubStreamId}`, fromMs: 5000, canVanish: true });
    t.after(() => second.vanish());
    await sentUpTo(second, 7000);
    await second.stop();
    const { report } = await onlyRecording(running, confrId);
    assert.equal(report.verdict, 'gaps');
    for (const track of ['audio', 'video'] as const) {
      assert.deepEqual(
        gapsOf(report, track).map(({ cause }) => cause),
        ['disconnect'],
      );
    }
    assert.ok((report.audio?.packets.received ?? 0) >= 180, 'both connections are counted');
  });
});

describe('kill -9', () => {
  test('of the media process: truncated, and the last moments are a crash', async (t) => {
    const own = await startTestService();
    t.after(() => own.service.stop());
    const { confrId, caller } = await call(t, own);
    await sentUpTo(caller, 4000);
    const [mediaProcess] = await childrenOf(own.service.pid, 'sfu/worker.ts');
    assert.ok(mediaProcess);
    process.kill(mediaProcess, 'SIGKILL');
    const { report, durationMs } = await onlyRecording(own, confrId);
    assert.deepEqual(
      [report.verdict, report.reasons, report.ended],
      ['truncated', ['crash', 'mediaMissing'], undefined],
    );
    for (const track of ['audio', 'video'] as const) {
      const [gap, ...others] = gapsOf(report, track);
      assert.deepEqual([gap?.cause, gap?.endMs, others], ['crash', report[track]?.expectedMs, []]);
      assert.ok((gap?.lengthMs ?? 0) <= 2500, JSON.stringify(gap));
    }
    assert.ok((report.video?.expectedMs ?? 0) >= durationMs);
  });

  test('of the server: its media process writes what it has, and says that the call was cut short', async (t) => {
    const cleanups = cleanupsOf(t);
    const dataDir = await mkdtemp(join(tmpdir(), 'callreel-report-'));
    cleanups.add(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
    const killed = await startTestService({ dataDir });
    cleanups.add(() => killed.service.kill());
    const { confrId, caller } = await call(t, killed);
    await sentUpTo(caller, 3000);
    await killed.service.kill();
    const next = await startTestService({ dataDir });
    cleanups.add(() => next.service.stop());
    const { report } = await onlyRecording(next, confrId);
    assert.deepEqual([report.verdict, report.reasons[0], report.ended], ['truncated', 'crash', 'orphaned']);
  });
});
