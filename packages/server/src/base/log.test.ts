import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createLogger, maskSecrets } from './log.ts';

test('tokens, signatures and passwords are masked in text', () => {
  const masked = [
    ['/files/o/a/f.webm?Expires=1&KeyId=k&Signature=c2ln', '/files/o/a/f.webm?Expires=1&KeyId=k&Signature=***'],
    ['Authorization: Bearer YWMtabc-_123', 'Authorization: Bearer ***'],
    ['callreel.v1, bearer.YWMtabc', 'callreel.v1, bearer.***'],
    ['the token YWMtabc is bad', 'the token YWMt*** is bad'],
    ['postgres://user:pass@host/db', 'postgres://user:***@host/db'],
  ] as const;
  for (const [given, wanted] of masked) assert.equal(maskSecrets(given), wanted);
  assert.equal(maskSecrets('http://127.0.0.1:8080/acme/calls'), 'http://127.0.0.1:8080/acme/calls');
});

test('a text of any form is masked in a time that grows with its length alone', () => {
  const hostile = ['a+', 'a:', 'a://', 'a://:', '://a:', 'Bearer ', 'Signature='].map((part) => part.repeat(100_000));
  const beganMs = performance.now();
  for (const text of hostile) maskSecrets(text);
  // Some 50 ms; where each letter begins anew it is a quarter of a minute.
  assert.ok(performance.now() - beganMs < 5_000);
});

test('a line is JSON with time, level and message, and secret fields are masked', () => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLogger('info', sink);
  log.debug('left out');
  log.info({ body: { password: 'hidden', username: 'user1' }, token: 'hidden' }, 'hello');
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([line.level, line.msg, line.body], ['info', 'hello', { password: '***', username: 'user1' }]);
  assert.ok(!Number.isNaN(Date.parse(String(line.time))));
  assert.equal(lines[0]?.includes('hidden'), false);
});
