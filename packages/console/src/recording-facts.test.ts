import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareUserName, downloadUrl, fileEnding, formatDuration, secondsByCause } from './recording-facts.ts';

test('lengths are shown in minutes, and in hours from one hour on', () => {
  assert.equal(formatDuration(0), '0:00');
  assert.equal(formatDuration(59.6), '1:00');
  assert.equal(formatDuration(754), '12:34');
  assert.equal(formatDuration(3600), '1:00:00');
  assert.equal(formatDuration(36_061), '10:01:01');
});

test('what is missing is summed by cause, of the track that lacks more', () => {
  const gap = (track: 'audio' | 'video', cause: 'loss' | 'mute', lengthMs: number) => ({
    ...{ track, cause, lengthMs, startMs: 0, endMs: lengthMs, count: 1 },
  });
  const gaps = [
    gap('audio', 'loss', 20),
    gap('video', 'loss', 800),
    gap('video', 'loss', 410),
    gap('audio', 'mute', 3000),
  ];
  assert.deepEqual(secondsByCause({ gaps }), [
    { cause: 'mute', seconds: 3 },
    { cause: 'loss', seconds: 1.3 },
  ]);
  assert.deepEqual(secondsByCause({ gaps: [] }), []);
});

test('a user is shown without org and app, even where the app has an underscore in its name', () => {
  assert.equal(bareUserName({ owner: 'acme#my_app', userName: 'acme#my_app_user_1' }), 'user_1');
  assert.equal(bareUserName({ owner: 'acme#shop', userName: 'stranger' }), 'stranger');
});

test('a link tells its ending whatever its query holds', () => {
  const url =
    'http://127.0.0.1:8080/files/acme/shop/20260101/20260101000000-0a1b2c3d4e5f.webm?Expires=1&KeyId=a.b&Signature=c';
  assert.equal(fileEnding(url), 'webm');
  assert.equal(downloadUrl(url), `${url}&download=1`);
});
