import assert from 'node:assert/strict';
import { test } from 'node:test';
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
