import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES } from '@callreel/contract/errors.ts';
import { ConferenceError } from '../conference/conference-error.ts';
import { StorageError } from '../storage/storage-error.ts';
import { StoreError } from '../store/store-error.ts';
import { asWebError, errorBody, STATUS_OF, WebError } from './errors.ts';

test('every code has a status, and an exception of its name', () => {
  for (const code of ERROR_CODES) {
    assert.ok(STATUS_OF[code] >= 400 && STATUS_OF[code] < 600, code);
    assert.match(errorBody(WebError.of(code, 'why'), 0).exception, /^([A-Z][a-z]+)+Exception$/);
  }
});

test('the body has the five fields of the contract', () => {
  const body = errorBody(WebError.badToken(), 12.6);
  assert.deepEqual(body, {
    error: 'auth_bad_access_token',
    exception: 'AuthBadAccessTokenException',
    error_description: 'Unable to authenticate due to corrupt access token',
    timestamp: body.timestamp,
    duration: 13,
  });
  assert.ok(Number.isInteger(body.timestamp));
});

test("each layer's refusal has its code", () => {
  const cases: [Error, string][] = [
    [ConferenceError.notFound('conference'), 'service_resource_not_found'],
    [ConferenceError.wrongPassword(), 'forbidden_op'],
    [ConferenceError.banned(), 'forbidden_op'],
    [ConferenceError.roleForbids('No'), 'forbidden_op'],
    [ConferenceError.full('talkerLimit', 9), 'talker_limit'],
    [ConferenceError.full('videoLimit', 9), 'video_limit'],
    [ConferenceError.full('audienceLimit', 9), 'audience_limit'],
    [ConferenceError.illegalSdp('Line 3'), 'illegal_sdp'],
    [ConferenceError.busy(undefined), 'server_busy'],
    [StoreError.exists(undefined), 'duplicate_unique_property_exists'],
    [StoreError.unavailable(undefined), 'server_busy'],
    [StoreError.failed(undefined), 'internal_error'],
    [StorageError.notFound('a/b', undefined), 'gone'],
    [StorageError.full('a/b', undefined), 'server_busy'],
  ];
  for (const [error, code] of cases) assert.equal(asWebError(error).reason, code, error.message);
});

test('what the caller may read of a refusal is kept: where and why an offer is wrong', () => {
  assert.equal(asWebError(ConferenceError.illegalSdp('Line 3 has no codec')).message, 'Line 3 has no codec');
});

test('nothing of what nobody foresaw is shown', () => {
  const secrets = ['select * from app', '/var/lib/callreel', 'ECONNREFUSED 10.1.2.3'];
  for (const secret of secrets) {
    const thrown = [
      new Error(secret),
      StoreError.failed(new Error(secret)),
      StorageError.failed(secret, new Error(secret)),
      secret,
    ];
    for (const error of thrown) assert.ok(!JSON.stringify(errorBody(asWebError(error), 0)).includes(secret));
  }
});

test('who is told to wait is told how long', () => {
  assert.equal(asWebError(ConferenceError.busy(undefined)).headers['retry-after'], '2');
});
