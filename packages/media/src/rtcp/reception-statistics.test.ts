import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceptionStatistics } from './reception-statistics.ts';

const VIDEO_HZ = 90_000;

/** One packet every 10 ms from `first` on, without those in `lost`. */
const receive = (statistics: ReceptionStatistics, first: number, count: number, lost: readonly number[] = []): void => {
  for (let index = 0; index < count; index += 1) {
    if (!lost.includes(index)) statistics.receive((first + index) & 0xffff, index * 900, index * 10);
  }
};

test('loss since the last report and since the beginning', () => {
  const statistics = new ReceptionStatistics(7, VIDEO_HZ);
  receive(statistics, 0, 100, [10, 20, 30, 40, 50]);
  const first = statistics.report(1000);
  assert.equal(first.fractionLost256, Math.floor((5 * 256) / 100));
  assert.equal(first.cumulativeLost, 5);
  receive(statistics, 100, 100);
  const second = statistics.report(2000);
  assert.equal(second.fractionLost256, 0);
  assert.equal(second.cumulativeLost, 5);
});

test('sequence numbers that wrap are counted on', () => {
  const statistics = new ReceptionStatistics(7, VIDEO_HZ);
  receive(statistics, 65_530, 20);
  assert.equal(statistics.report(1000).extendedHighestSequenceNumber, 65_536 + 13);
  assert.equal(statistics.lost, 0);
});

test('disorder and duplicates are no loss', () => {
  const statistics = new ReceptionStatistics(7, VIDEO_HZ);
  for (const sequenceNumber of [1, 3, 2, 3, 4]) statistics.receive(sequenceNumber, 0, 0);
  const report = statistics.report(1000);
  assert.equal(report.fractionLost256, 0);
  assert.equal(report.cumulativeLost, -1);
});

test('one stray packet is not counted; a sender that begins anew is, from there', () => {
  const statistics = new ReceptionStatistics(7, VIDEO_HZ);
  receive(statistics, 0, 10);
  statistics.receive(40_000, 0, 0);
  assert.equal(statistics.lost, 0);
  receive(statistics, 10, 10);
  assert.equal(statistics.expected, 20);
  receive(statistics, 40_000, 10);
  assert.equal(statistics.expected, 9);
  assert.equal(statistics.lost, 0);
});

test('jitter is 0 at an even pace, and follows RFC 3550 A.8 otherwise', () => {
  const statistics = new ReceptionStatistics(7, VIDEO_HZ);
  receive(statistics, 0, 50);
  assert.equal(statistics.report(0).jitter, 0);
  // 10 ms late: a difference of 900 units, of which a sixteenth counts.
  statistics.receive(50, 50 * 900, 510);
  assert.equal(statistics.report(0).jitter, Math.floor(900 / 16));
});

test('a timestamp that wraps is no jitter', () => {
  const statistics = new ReceptionStatistics(7, VIDEO_HZ);
  statistics.receive(1, 2 ** 32 - 900, 0);
  statistics.receive(2, 0, 10);
  assert.equal(statistics.report(0).jitter, 0);
});

test('the sender can take its round trip from LSR and DLSR', () => {
  const statistics = new ReceptionStatistics(7, VIDEO_HZ);
  assert.equal(statistics.report(5000).delaySinceLastSenderReport, 0);
  statistics.handleSenderReport(0xabcd1234, 4000);
  const report = statistics.report(5500);
  assert.equal(report.lastSenderReport, 0xabcd1234);
  assert.equal(report.delaySinceLastSenderReport, 1.5 * 65_536);
});

test('before the first packet there is nothing to report', () => {
  const { fractionLost256, cumulativeLost } = new ReceptionStatistics(7, VIDEO_HZ).report(0);
  assert.deepEqual([fractionLost256, cumulativeLost], [0, 0]);
});
