/** What makes a recording suspect, made to happen on virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallMedia } from '../small-media-fixture.ts';
import { type Delivery, deliveriesOf } from '../virtual-publisher-fixture.ts';
import type { ReceiverCounts } from './network-tally.ts';
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

const counts = (ssrc: number, given: Partial<ReceiverCounts> = {}): ReceiverCounts => ({
  sources: [{ track: 'video', ssrc, packets: 10, lost: 5, recovered: 4 }],
  ...{ keyFrameRequests: 1, capIgnored: false, ...given },
});

test('a sender that takes no notice of its cap is recorded whole and flagged, also on another connection', async () => {
  await using stage = await ReportStage.begin();
  const deliveries = deliveriesOf(smallMedia(4000), { startMs: START_MS });
  await stage.play(deliveries, 1000);
  stage.recorder.handleReceiverCounts(counts(7, { capIgnored: true }));
  await stage.play(deliveries, 2000);
  stage.recorder.handleReceiverCounts(counts(8));
  await stage.play(deliveries, 4100);
  const { report } = await stage.end();
  assert.deepEqual([report.verdict, report.reasons, report.gaps], ['suspect', ['bitrateIgnored'], []]);
});

test('counts of streams and connections that are over are kept beside those of the next', async () => {
  await using stage = await ReportStage.begin();
  await stage.play(deliveriesOf(smallMedia(2000), { startMs: START_MS }), 2100);
  stage.recorder.handleReceiverCounts(counts(7));
  stage.recorder.handleReceiverCounts(counts(7, { keyFrameRequests: 3 }));
  stage.recorder.resume('newConnection');
  stage.recorder.handleReceiverCounts(counts(8));
  stage.recorder.handleReceiverCounts(counts(9, { keyFrameRequests: 2 }));
  const { report } = await stage.end();
  assert.deepEqual([report.video?.packets.lost, report.video?.packets.recovered], [15, 12]);
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
