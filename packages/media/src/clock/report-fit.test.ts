import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportFit } from './report-fit.ts';
import { seededRandom } from './virtual-call.ts';

const EPOCH = 1_700_000_000_000;
/** An honest report of a sender whose media clock runs `ppm` slow against its NTP clock. */
const honest = (mediaMs: number, ppm = 0) => ({
  mediaMs,
  ntpMs: EPOCH + mediaMs * (1 + ppm / 1e6),
  arrivalMs: mediaMs + 20,
});
const lying = (mediaMs: number, byMs: number) => ({ ...honest(mediaMs), ntpMs: EPOCH + mediaMs + byMs });
const errorAt = (fit: ReportFit, mediaMs: number, ppm = 0) =>
  Math.abs((fit.ntpMs(mediaMs) ?? Infinity) - honest(mediaMs, ppm).ntpMs);

test('one report gives the nominal rate, two the newest', () => {
  const fit = new ReportFit();
  assert.equal(fit.ntpMs(0), undefined);
  fit.add(honest(1000), 0);
  assert.equal(fit.ntpMs(5000), EPOCH + 5000);
  fit.add(lying(2000, 30), 0);
  assert.equal(fit.ntpMs(5000), EPOCH + 5030);
});

test('a media clock that drifts by 200 ppm is followed within 3 ms, and its slope is found in time', () => {
  const fit = new ReportFit();
  for (let mediaMs = 0; mediaMs <= 600_000; mediaMs += 5000) {
    assert.equal(fit.add(honest(mediaMs, 200), 0), 'accepted');
    assert.ok(errorAt(fit, mediaMs, 200) < 3, `${errorAt(fit, mediaMs, 200)} ms at ${mediaMs}`);
  }
  assert.ok(errorAt(fit, 630_000, 200) < 4, 'thirty seconds ahead');
});

test('reports with 10 ms of noise are not extrapolated by the noise', () => {
  const random = seededRandom(3);
  const fit = new ReportFit();
  for (let mediaMs = 0; mediaMs <= 60_000; mediaMs += 1000) {
    fit.add(lying(mediaMs, random() * 20 - 10), 0);
    if (mediaMs >= 2000) assert.ok(errorAt(fit, mediaMs + 5000) < 10);
  }
});

test('a single lie costs nothing', () => {
  const fit = new ReportFit();
  for (let mediaMs = 0; mediaMs < 20_000; mediaMs += 1000) {
    const lie = mediaMs % 3000 === 2000;
    assert.equal(fit.add(lie ? lying(mediaMs, 400) : honest(mediaMs), 0), lie ? 'rejected' : 'accepted');
    assert.ok(errorAt(fit, mediaMs) < 0.01);
  }
});

test('a lie as first report is found out by the second that contradicts it', () => {
  const fit = new ReportFit();
  fit.add(lying(0, -80_000), 0);
  assert.equal(fit.add(honest(1000), 0), 'rejected');
  assert.equal(fit.add(honest(2000), 0), 'refitted');
  assert.equal(errorAt(fit, 3000), 0);
});

test('a clock that was stepped is followed from the third report on', () => {
  const fit = new ReportFit();
  for (let mediaMs = 0; mediaMs < 10_000; mediaMs += 1000) fit.add(honest(mediaMs), 0);
  const verdicts = [10_000, 11_000, 12_000].map((mediaMs) => fit.add(lying(mediaMs, 3_600_000), 0));
  assert.deepEqual(verdicts, ['rejected', 'rejected', 'refitted']);
  assert.equal(fit.ntpMs(13_000), EPOCH + 13_000 + 3_600_000);
});

test('a report that says what the arrivals say is followed at once', () => {
  const fit = new ReportFit();
  for (let mediaMs = 0; mediaMs < 10_000; mediaMs += 1000) fit.add(honest(mediaMs), 0);
  assert.equal(fit.add(lying(10_000, 4000), 3990), 'refitted');
});

test('noise that never agrees with itself changes nothing', () => {
  const random = seededRandom(5);
  const fit = new ReportFit();
  for (let mediaMs = 0; mediaMs < 10_000; mediaMs += 1000) fit.add(honest(mediaMs), 0);
  for (let mediaMs = 10_000; mediaMs < 60_000; mediaMs += 100) fit.add(lying(mediaMs, 1e5 * (1 + random() * 1e4)), 0);
  assert.equal(errorAt(fit, 60_000), 0);
});

test('a report sent twice counts once, and one that is no number not at all', () => {
  const fit = new ReportFit();
  fit.add(honest(0), 0);
  assert.equal(fit.add(honest(0), 0), 'ignored');
  assert.equal(fit.add({ mediaMs: 0, ntpMs: Number.NaN, arrivalMs: 0 }, 0), 'ignored');
  assert.equal(fit.add(lying(1000, 900), 0), 'rejected');
  assert.equal(fit.add(lying(1000, 900), 0), 'rejected');
});
