/** What makes a recording suspect, made to happen on virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallMedia } from '../small-media-fixture.ts';
import { type Delivery, deliveriesOf } from '../virtual-publisher-fixture.ts';
import { ReportStage, START_MS } from './reported-recording-fixture.ts';

/** By how much longer sound is on its way. */
const lateSound =
  (byMs: number) =>
  (track: string): number =>
    track === 'audio' ? 30 + byMs : 30;

test('tracks whose reports agree with how they come lie together', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(deliveriesOf(smallMedia(8000), { startMs: START_MS }), 8100);
  const { report } = await stage.end();
  assert.ok(Math.abs(report.largestOffset?.ms ?? Number.NaN) <= 20, JSON.stringify(report.largestOffset));
  assert.equal(report.verdict, 'complete');
});

test('sound that was placed by its arrival is as late as its way was longer, until reports tell better', async () => {
  await using stage = await ReportStage.begin();
  const isEarlyReport = (one: Delivery): boolean => one.kind === 'report' && one.atMs < START_MS + 4000;
  const deliveries = deliveriesOf(smallMedia(20_000), { startMs: START_MS, transitMs: lateSound(120) });
  await stage.play(
    deliveries.filter((one) => !isEarlyReport(one)),
    20_100,
  );
  const { report } = await stage.end();
  const { ms = Number.NaN } = report.largestOffset ?? {};
  assert.ok(ms >= 100 && ms <= 145, `${ms} ms`);
  assert.equal(report.verdict, 'complete');
  assert.ok(report.audio?.clockChanges.some(({ kind }) => kind === 'slew') || report.video?.clockChanges.length);
});

test('more than that is suspect', async () => {
  await using stage = await ReportStage.begin();
  const isEarlyReport = (one: Delivery): boolean => one.kind === 'report' && one.atMs < START_MS + 4000;
  const deliveries = deliveriesOf(smallMedia(20_000), { startMs: START_MS, transitMs: lateSound(300) });
  await stage.play(
    deliveries.filter((one) => !isEarlyReport(one)),
    20_100,
  );
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.reasons], ['suspect', ['outOfSync']]);
});

test('a sender without sender reports: nobody can say', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(deliveriesOf(smallMedia(4000), { startMs: START_MS, reports: false }), 4100);
  const { report } = await stage.end();
  assert.deepEqual([report.largestOffset, report.verdict], [undefined, 'complete']);
});

/** A receiver's counts each second, of a sender that sends so many bits a second. */
const sendAt = async (stage: ReportStage, bitsPerSecond: number, seconds: number): Promise<void> => {
  const deliveries = deliveriesOf(smallMedia(1000 * seconds), { startMs: START_MS });
  for (let second = 1; second <= seconds; second++) {
    await stage.play(deliveries, 1000 * second);
    const stream = { track: 'video' as const, ssrc: 7, packets: 100 * second, lost: second, recovered: second };
    stage.recorder.handleReceiverCounts({
      ...{ sources: [stream], keyFrameRequests: 3 },
      ...{ payloadBytes: (bitsPerSecond / 8) * second, allowedBitsPerSecond: 2_000_000 },
    });
  }
};

test('a sender that keeps sending more than it is allowed is recorded whole and flagged', async () => {
  await using stage = await ReportStage.begin();
  await sendAt(stage, 3_000_000, 25);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.reasons], ['suspect', ['bitrateIgnored']]);
  assert.deepEqual([report.video?.packets.lost, report.video?.packets.recovered], [25, 25]);
  assert.equal(report.video?.keyFrameRequests, 3);
});

test('one that overshoots a little is not', async () => {
  await using stage = await ReportStage.begin();
  await sendAt(stage, 2_300_000, 25);
  assert.equal((await stage.end()).report.verdict, 'complete');
});

test('counts of a connection that is over are kept beside those of the next', async () => {
  await using stage = await ReportStage.begin();
  await sendAt(stage, 1_000_000, 2);
  stage.recorder.resume('newConnection');
  const stream = { track: 'video' as const, ssrc: 8, packets: 10, lost: 5, recovered: 4 };
  const counts = { sources: [stream], keyFrameRequests: 1, payloadBytes: 1, allowedBitsPerSecond: 1 };
  stage.recorder.handleReceiverCounts(counts);
  stage.recorder.handleReceiverCounts({ ...counts, sources: [{ ...stream, ssrc: 9 }], keyFrameRequests: 2 });
  const { report } = await stage.end();
  assert.deepEqual([report.video?.packets.lost, report.video?.packets.recovered], [2 + 5 + 5, 2 + 4 + 4]);
  assert.equal(report.video?.keyFrameRequests, 3 + 2);
});

test('sound that is faster than time is left out, and lengths that disagree are flagged', async () => {
  await using stage = await ReportStage.begin();
  // Each packet says that it lasts 20 ms, and its clock goes on by 18.
  const deliveries = deliveriesOf(smallMedia(30_000), { startMs: START_MS, reports: false }).map((one): Delivery => {
    if (one.kind !== 'packet' || one.track !== 'audio') return one;
    const timestamp = (one.packet.timestamp - Math.round(one.mediaMs * 48 * 0.1)) >>> 0;
    return { ...one, atMs: one.atMs - 0.1 * one.mediaMs, packet: { ...one.packet, timestamp } };
  });
  await stage.play(
    deliveries.toSorted((one, other) => one.atMs - other.atMs),
    30_100,
  );
  const { report } = await stage.end();
  assert.equal(report.verdict, 'suspect');
  assert.ok(report.reasons.includes('lengthsDisagree'));
  assert.ok((report.audio?.leftOut.outOfPlace ?? 0) > 100, JSON.stringify(report.audio));
});
