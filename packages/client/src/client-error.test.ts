import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES } from '@callreel/contract/errors.ts';
import { ClientError } from './client-error.ts';

const answer = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });
const errorBody = (error: string) => ({ error, error_description: 'said by the service' });

const named = (name: string): Error => Object.assign(new Error('said by the browser'), { name });

test('a wrong secret is told apart from an app that is not there', async () => {
  assert.equal((await ClientError.answer(answer(400, errorBody('invalid_grant')))).reason, 'wrongSecret');
  assert.equal(
    (await ClientError.answer(answer(404, errorBody('organization_application_not_found')))).reason,
    'unknownApp',
  );
});

test('what the service says itself is kept', async () => {
  const error = await ClientError.answer(answer(403, errorBody('talker_limit')));
  assert.equal(error.reason, 'conferenceFull');
  assert.equal(error.detail, 'said by the service');
  assert.match(error.message, /said by the service/);
});

test('every error code of the contract leads to some advice', async () => {
  for (const code of ERROR_CODES) {
    const error = await ClientError.answer(answer(400, errorBody(code)));
    assert.ok(error.message.length > 20, code);
  }
});

test('an answer of a proxy in between is no JSON, and is survived', async () => {
  const error = await ClientError.answer(new Response('<html>502</html>', { status: 502 }));
  assert.equal(error.reason, 'serviceBusy');
  assert.equal(error.detail, 'HTTP 502');
});

test('what the browser throws for devices becomes what a person can do', () => {
  assert.equal(ClientError.capture(named('NotFoundError')).reason, 'noDevice');
  assert.equal(ClientError.capture(named('NotAllowedError')).reason, 'noPermission');
  assert.equal(ClientError.capture(named('NotReadableError')).reason, 'deviceBusy');
  assert.equal(ClientError.capture(named('AbortError')).reason, 'captureFailed');
  assert.equal(ClientError.screen(named('NotAllowedError')).reason, 'screenNotChosen');
});
