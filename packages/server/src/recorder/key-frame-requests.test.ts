import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyFrameRequests } from './key-frame-requests.ts';

type Sender = { answersAfterMs?: number; silentFromMs?: number };

/** Lets time run in ticks of 50 ms while packets come, and tells when requests were made. */
const requestsUntil = (
  endMs: number,
  { answersAfterMs, silentFromMs = Number.POSITIVE_INFINITY }: Sender = {},
  key = 'a',
): number[] => {
  const atMs: number[] = [];
  let nowMs = 0;
  const requests = new KeyFrameRequests(key, () => atMs.push(nowMs));
  for (; nowMs <= endMs; nowMs += 50) {
    if (nowMs < silentFromMs) requests.handlePacket(nowMs);
    if (answersAfterMs !== undefined && atMs.at(-1) === nowMs - answersAfterMs) requests.handleKeyFrame();
    requests.tick(nowMs);
  }
  return atMs;
};

const gaps = (atMs: readonly number[]): number[] => atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0));

test('the first packet is answered with a request', () => {
  assert.equal(requestsUntil(0)[0], 0);
});

test('one who answers is asked every ten seconds', () => {
  const atMs = requestsUntil(60_000, { answersAfterMs: 450 });
  const periodic = gaps(atMs.slice(1));
  assert.ok(periodic.length >= 4);
  assert.ok(
    periodic.every((gap) => gap > 9000 && gap <= 9550),
    String(periodic),
  );
  assert.ok((atMs[1] ?? Number.NaN) <= 9550);
});

test('one who does not answer is asked less and less, but not given up', () => {
  const atMs = gaps(requestsUntil(60_000));
  assert.deepEqual(atMs.slice(0, 4), [1000, 2000, 4000, 8000]);
  assert.ok(atMs.every((gap) => gap >= 500 && gap <= 8000));
});

test('recordings that begin together do not ask together', () => {
  const seconds = new Set(
    Array.from({ length: 20 }, (_, index) => {
      const second = requestsUntil(10_000, { answersAfterMs: 450 }, `20261122094500-00000000000${index}`)[1];
      return Math.floor((second ?? Number.NaN) / 1000);
    }),
  );
  assert.ok(seconds.size >= 5, String([...seconds]));
});

test('one who sends nothing is not asked', () => {
  const atMs = requestsUntil(60_000, { silentFromMs: 3000 });
  assert.ok(Math.max(...atMs) < 5000 + 50);
});

test('a loss is reported at once, and twice a second at most', () => {
  const atMs: number[] = [];
  const requests = new KeyFrameRequests('a', () => atMs.push(nowMs));
  let nowMs = 0;
  for (; nowMs <= 3000; nowMs += 50) {
    requests.handlePacket(nowMs);
    requests.handleKeyFrame();
    if (nowMs >= 1000) requests.need();
    requests.tick(nowMs);
  }
  const losses = atMs.filter((ms) => ms >= 1000);
  assert.equal(losses[0], 1000);
  assert.ok(gaps(losses).every((gap) => gap >= 500));
});

test('a resumed publication is asked at once', () => {
  const atMs: number[] = [];
  const requests = new KeyFrameRequests('a', () => atMs.push(nowMs));
  let nowMs = 0;
  requests.handlePacket(0);
  requests.tick(0);
  requests.handleKeyFrame();
  requests.resume();
  nowMs = 100;
  requests.handlePacket(100);
  requests.tick(100);
  assert.deepEqual(atMs, [0, 100]);
});

test('any pattern of packets, losses and answers: never a storm, and whoever lives is not forgotten', () => {
  const step = fc.record({
    ticks: fc.integer({ min: 1, max: 60 }),
    what: fc.constantFrom('packet', 'packet', 'packet', 'need', 'keyFrame', 'silence'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const atMs: number[] = [];
      let [nowMs, packetMs, quietSinceMs] = [0, 0, 0];
      const requests = new KeyFrameRequests('a', () => atMs.push(nowMs));
      for (const { ticks, what } of steps) {
        for (let tick = 0; tick < ticks; tick += 1, nowMs += 50) {
          if (what !== 'silence') {
            if (nowMs - packetMs > 2000) quietSinceMs = nowMs;
            requests.handlePacket(nowMs);
            packetMs = nowMs;
          }
          if (what === 'need') requests.need();
          if (what === 'keyFrame') requests.handleKeyFrame();
          requests.tick(nowMs);
          const waitedMs = nowMs - Math.max(atMs.at(-1) ?? 0, quietSinceMs);
          if (packetMs === nowMs) assert.ok(waitedMs <= 9550, `${waitedMs} ms without a request`);
        }
      }
      assert.ok(gaps(atMs).every((gap) => gap >= 500));
    }),
  );
});
