import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SenderClock } from './sender-clock.ts';
import { TrackClock } from './track-clock.ts';
import {
  errorsMs,
  LOCAL_ZERO_MS,
  type Mapped,
  playCall,
  reportsEvery,
  skewsMs,
  type VirtualCall,
  type VirtualTrack,
} from './virtual-call.ts';

const MINUTE = 60_000;
const SEEDS = [1, 2, 3, 4, 5];

const sound = (reportsAtMs: number[], more: Partial<VirtualTrack> = {}): VirtualTrack => ({
  ...{ clockRate: 48_000, frameMs: 20, reportsAtMs, firstTimestamp: 2 ** 32 - 48_000 },
  ...more,
});
const picture = (reportsAtMs: number[], more: Partial<VirtualTrack> = {}): VirtualTrack => ({
  ...{ clockRate: 90_000, frameMs: 1000 / 30, reportsAtMs, firstTimestamp: 2 ** 32 - 900_000 },
  ...more,
});

/** 8 ms in the mean, with a tail: the usual wireless link. */
const jittery = (random: () => number): number => -Math.log(1 - random()) * 8;

const play = (call: VirtualCall) => {
  const [first, second] = playCall(call);
  assert.ok(first);
  for (const { mapped } of second ? [first, second] : [first]) {
    assert.ok(
      mapped.every((frame, i) => i === 0 || frame.localMs >= (mapped[i - 1]?.localMs ?? 0)),
      'monotone',
    );
  }
  return { first, second: second ?? first };
};

const within = (values: number[], least: number, most: number): void => {
  assert.ok(values.length > 0);
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  assert.ok(low >= least && high <= most, `${low} to ${high}, wanted ${least} to ${most}`);
};

for (const driftPpm of [0, 200, -200]) {
  test(`exact senders with early reports: sound and picture within 3 ms from the first frame (${driftPpm} ppm)`, () => {
    for (const seed of SEEDS) {
      const tracks = [sound(reportsEvery(5000, 700, MINUTE)), picture(reportsEvery(1000, 500, MINUTE))];
      const { first, second } = play({ tracks, durationMs: MINUTE, seed, driftPpm, jitterMs: jittery });
      within(skewsMs(first.mapped, second.mapped), -3, 3);
      assert.deepEqual([...first.clock.takeSteps(), ...second.clock.takeSteps()], []);
    }
  });
}

test('senders that capture late are in sync once both reported, and within bounds before', () => {
  for (const seed of SEEDS) {
    const tracks = [
      sound([2500, ...reportsEvery(5000, 9000, MINUTE)], { captureDelayMs: 20 }),
      picture(reportsEvery(1000, 500, MINUTE), { captureDelayMs: 45 }),
    ];
    const { first, second } = play({ tracks, durationMs: MINUTE, seed, jitterMs: jittery });
    within(skewsMs(first.mapped, second.mapped), -60, 40);
    within(skewsMs(first.mapped, second.mapped, 6000), -2, 2);
  }
});

for (const [name, soundReports] of [
  ['first at 2.5 s', [2500, 9000, 14_000, 20_000, 26_000, 40_000]],
  ['never', []],
] as const) {
  test(`sound reports ${name}: within +40/-60 ms on a jittery link`, () => {
    for (const seed of SEEDS) {
      const tracks = [
        sound([...soundReports], { captureDelayMs: 20 }),
        picture(reportsEvery(1000, 500, MINUTE), { captureDelayMs: 30 }),
      ];
      const jitterMs = (random: () => number) => 2 * jittery(random);
      const { first, second } = play({ tracks, durationMs: MINUTE, seed, driftPpm: 150, jitterMs });
      within(skewsMs(first.mapped, second.mapped), -60, 40);
    }
  });
}

test('no report at all: within +40/-60 ms, and no step', () => {
  const tracks = [sound([]), picture([])];
  const { first, second } = play({ tracks, durationMs: MINUTE, jitterMs: jittery });
  within(skewsMs(first.mapped, second.mapped), -5, 5);
  assert.deepEqual(first.clock.takeSteps(), []);
});

test('two hours at 200 ppm stay within 7 ms of the truth, across the wrap', () => {
  const durationMs = 120 * MINUTE;
  const firstTimestamp = 2 ** 32 - 90 * 60 * MINUTE;
  const track = { clockRate: 90_000, frameMs: 200, firstTimestamp, reportsAtMs: reportsEvery(5000, 300, durationMs) };
  for (const driftPpm of [200, -200]) {
    const { first } = play({ tracks: [track], durationMs, driftPpm, jitterMs: jittery });
    within(errorsMs(first.mapped, 5000), -7, 7);
    assert.deepEqual(first.clock.takeSteps(), []);
  }
});

test('a sound card that drifts against the sender own clock stays in sync with the picture', () => {
  const mediaTime = (trueMs: number) => trueMs * 1.0002;
  const tracks = [
    sound(reportsEvery(5000, 300, 5 * MINUTE), { mediaTime }),
    picture(reportsEvery(1000, 300, 5 * MINUTE)),
  ];
  const { first, second } = play({ tracks, durationMs: 5 * MINUTE, jitterMs: jittery });
  within(skewsMs(first.mapped, second.mapped), -5, 5);
});

test('half a minute behind a full queue moves neither the time nor the sync', () => {
  const full = (random: () => number, atMs: number) => jittery(random) + (atMs > 20_000 && atMs < 48_000 ? 1500 : 0);
  const tracks = [sound(reportsEvery(5000, 300, MINUTE)), picture(reportsEvery(1000, 300, MINUTE))];
  const { first, second } = play({ tracks, durationMs: MINUTE, jitterMs: full });
  within(skewsMs(first.mapped, second.mapped), -3, 3);
  within(errorsMs(first.mapped, 1000), -3, 3);
});

for (const stepMs of [300, 5000, -5000, 3_600_000]) {
  test(`a sender whose clock is stepped by ${stepMs} ms goes on`, () => {
    const stepped = (report: { ntpMs: number; rtpTimestamp: number }, atMs: number) => ({
      ...report,
      ntpMs: report.ntpMs + (atMs > 20_000 ? stepMs : 0),
    });
    const tracks = [
      sound(reportsEvery(3000, 300, MINUTE), { lie: stepped }),
      picture(reportsEvery(1000, 300, MINUTE), { lie: stepped }),
    ];
    const { first, second } = play({ tracks, durationMs: MINUTE, jitterMs: jittery });
    const skews = skewsMs(first.mapped, second.mapped);
    // A step too small to tell from delay shifts the tracks one after the other: at most 20 ms for each second between.
    within(skews, Math.abs(stepMs) < 500 ? -200 : -5, Math.abs(stepMs) < 500 ? 200 : 5);
    within(skewsMs(first.mapped, second.mapped, 50_000), -3, 3);
    const kinds = new Set([...first.clock.takeSteps(), ...second.clock.takeSteps()].map((step) => step.kind));
    assert.ok(!kinds.has('step') && !kinds.has('restart'));
  });
}

test('a sender whose reports are noise is mapped by arrival', () => {
  let salt = 1;
  const noise = () => {
    salt = (salt * 48_271) % 2_147_483_647;
    return { ntpMs: salt, rtpTimestamp: (salt * 7) % 2 ** 32 };
  };
  const tracks = [sound(reportsEvery(1000, 300, MINUTE), { lie: noise }), picture(reportsEvery(1000, 300, MINUTE))];
  const { first, second } = play({ tracks, durationMs: MINUTE, jitterMs: jittery });
  within(skewsMs(first.mapped, second.mapped), -10, 10);
});

test('reports that always say zero are mapped by arrival', () => {
  const lie = (report: { rtpTimestamp: number }) => ({ ...report, ntpMs: 0 });
  const tracks = [sound(reportsEvery(1000, 300, MINUTE), { lie }), picture(reportsEvery(1000, 300, MINUTE), { lie })];
  const { first, second } = play({ tracks, durationMs: MINUTE, jitterMs: jittery });
  within(skewsMs(first.mapped, second.mapped), -10, 10);
});

test('a report before the first packet serves', () => {
  const clock = new TrackClock({ clockRate: 90_000, sender: new SenderClock() });
  clock.report({ ntpMs: 1e12, rtpTimestamp: 2 ** 32 - 90 }, 0);
  clock.arrival(2 ** 32 - 90, 30);
  clock.arrival(0, 31);
  assert.equal(clock.toLocalMs(2 ** 32 - 90), 30);
  assert.equal(clock.toLocalMs(0), 31);
});

test('a silence of minutes, with the timestamps going on, is kept', () => {
  const silent = (trueMs: number) => trueMs > 10_000 && trueMs < 130_000;
  const reportsAtMs = reportsEvery(5000, 300, 3 * MINUTE);
  const tracks = [
    sound(
      reportsAtMs.filter((atMs) => !silent(atMs)),
      { silent },
    ),
    picture(reportsAtMs),
  ];
  const { first, second } = play({ tracks, durationMs: 3 * MINUTE, driftPpm: 100, jitterMs: jittery });
  const after = (mapped: Mapped[]) => mapped.filter((frame) => frame.capturedMs >= 131_000);
  within(skewsMs(after(first.mapped), after(second.mapped)), -6, 6);
});

/** The source stands still from 20 s on, and its timestamps with it. */
const paused = (pauseMs: number): Partial<VirtualTrack> => ({
  mediaTime: (trueMs) => (trueMs < 20_000 ? trueMs : Math.max(20_000, trueMs - pauseMs)),
  silent: (trueMs) => trueMs >= 20_000 && trueMs < 20_000 + pauseMs,
});

for (const [name, pauseMs, reports, settledMs] of [
  ['with reports', 4000, reportsEvery(1000, 300, MINUTE), 2000],
  ['without reports', 4000, [], 6000],
  ['for long', 15_000, reportsEvery(1000, 300, MINUTE), 500],
] as const) {
  test(`a paused source whose timestamps stood still (${name}) is put right in a step forwards`, () => {
    const track = sound([...reports], paused(pauseMs));
    const { first } = play({ tracks: [track], durationMs: MINUTE, jitterMs: jittery });
    within(errorsMs(first.mapped, 20_000 + pauseMs + settledMs), -3, 10);
    const [step, ...rest] = first.clock.takeSteps();
    assert.ok(step && rest.length === 0 && (step.kind === 'step' || step.kind === 'restart'));
    assert.ok(Math.abs(step.byMs - pauseMs) < 100);
  });
}

for (const jumpMs of [7_200_000, -3_600_000, -11_000]) {
  test(`timestamps that jump by ${jumpMs} ms go on behind what was before`, () => {
    const mediaTime = (trueMs: number) => trueMs + (trueMs < 20_000 ? 0 : jumpMs);
    const track = sound(reportsEvery(1000, 300, MINUTE), { mediaTime });
    const { first } = play({ tracks: [track], durationMs: MINUTE, jitterMs: jittery });
    within(errorsMs(first.mapped), -1, 30);
    assert.deepEqual(
      first.clock.takeSteps().map((step) => step.kind),
      ['restart'],
    );
  });
}

test('single timestamps that are noise disturb nothing', () => {
  const clock = new TrackClock({ clockRate: 48_000, sender: new SenderClock() });
  let last = -Infinity;
  for (let i = 0; i < 1000; i++) {
    const noisy = i % 10 === 5;
    const timestamp = noisy ? (i * 777_777_777) % 2 ** 32 : i * 960;
    clock.arrival(timestamp, LOCAL_ZERO_MS + i * 20);
    const localMs = clock.toLocalMs(timestamp);
    assert.ok(localMs >= last);
    last = localMs;
    if (!noisy) assert.equal(localMs, LOCAL_ZERO_MS + i * 20);
  }
});

test('asking before anything came is the caller fault', () => {
  const clock = new TrackClock({ clockRate: 48_000, sender: new SenderClock() });
  assert.throws(() => clock.toLocalMs(0), TypeError);
  assert.throws(() => new TrackClock({ clockRate: 0, sender: new SenderClock() }), TypeError);
});

test('hostile timestamps and reports: answers are finite, near the arrivals, and never fall for rising timestamps', () => {
  const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const event = fc.oneof(
    fc.record({ kind: fc.constant('arrival' as const), rtpTimestamp: uint32 }),
    fc.record({ kind: fc.constant('steady' as const) }),
    fc.record({ kind: fc.constant('report' as const), rtpTimestamp: uint32, ntpMs: fc.double() }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const clock = new TrackClock({ clockRate: 90_000, sender: new SenderClock() });
      let last = -Infinity;
      for (const [i, each] of events.entries()) {
        const nowMs = LOCAL_ZERO_MS + i * 33;
        if (each.kind === 'report') {
          clock.report(each, nowMs);
          continue;
        }
        const timestamp = each.kind === 'steady' ? i * 2970 : each.rtpTimestamp;
        clock.arrival(timestamp, nowMs);
        const localMs = clock.toLocalMs(timestamp);
        assert.ok(localMs >= last - 1000 && localMs <= nowMs + 500, `${localMs} at ${nowMs}`);
        last = Math.max(last, localMs);
      }
    }),
    { numRuns: 300 },
  );
});
