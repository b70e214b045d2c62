import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyFrameRequests } from './key-frame-requests.ts';

test('many who ask are one request, at most twice a second', () => {
  const requests = new KeyFrameRequests();
  assert.equal(requests.due(0), false);
  requests.request(0);
  requests.request(0);
  assert.equal(requests.due(0), true);
  assert.equal(requests.due(10), false);
  requests.request(100);
  assert.equal(requests.due(499), false);
  assert.equal(requests.due(500), true);
});

test('a key frame answers all who asked before it', () => {
  const requests = new KeyFrameRequests();
  requests.request(0);
  requests.handleKeyFrame(5);
  assert.equal(requests.due(10), false);
});

test('a loss that the recorder sees 400 ms late is mended by a younger key frame', () => {
  const requests = new KeyFrameRequests();
  requests.handleKeyFrame(1000);
  requests.request(1399);
  assert.equal(requests.due(1399), false);
  requests.request(1400);
  assert.equal(requests.due(1400), true);
});

test('who may use nothing that came before a moment is not put off with it', () => {
  const requests = new KeyFrameRequests();
  requests.handleKeyFrame(1000);
  requests.request(1200, 1100);
  assert.equal(requests.due(1200), true);
  requests.handleKeyFrame(1250);
  requests.request(1300, 1100);
  assert.equal(requests.due(1800), false);
});

test('one who does not answer is asked less and less, but never given up; an answer makes all as before', () => {
  const requests = new KeyFrameRequests();
  const asked: number[] = [];
  const run = (fromMs: number, toMs: number) => {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 10) {
      requests.request(nowMs);
      if (requests.due(nowMs)) asked.push(nowMs);
    }
  };
  run(0, 20_000);
  assert.deepEqual(asked.splice(0), [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500]);
  requests.handleKeyFrame(20_000);
  run(20_010, 21_500);
  assert.deepEqual(asked, [20_400, 20_900]);
});

test('any pattern of requests and answers: never a storm, and nobody starves', () => {
  const event = fc.record({
    afterMs: fc.integer({ min: 0, max: 1200 }),
    kind: fc.constantFrom('request', 'request', 'request', 'keyFrame'),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const requests = new KeyFrameRequests();
      const asked: number[] = [];
      let nowMs = 0;
      let keyFrameMs = Number.NEGATIVE_INFINITY;
      let waitingSinceMs: number | undefined;
      const tick = () => {
        if (requests.due(nowMs)) {
          asked.push(nowMs);
          waitingSinceMs = undefined;
        }
        assert.ok(nowMs - (waitingSinceMs ?? nowMs) <= 4000, 'a request waits for 4 s at most');
      };
      for (const { afterMs, kind } of events) {
        for (const endMs = nowMs + afterMs; nowMs < endMs; nowMs += 1) tick();
        if (kind === 'keyFrame') {
          requests.handleKeyFrame(nowMs);
          keyFrameMs = nowMs;
          waitingSinceMs = undefined;
        } else {
          requests.request(nowMs);
          if (nowMs - keyFrameMs >= 400) waitingSinceMs ??= nowMs;
        }
        tick();
      }
      const gaps = asked.slice(1).map((atMs, index) => atMs - (asked[index] ?? 0));
      assert.ok(gaps.every((gap) => gap >= 500));
    }),
  );
});
