import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Passwords } from './passwords.ts';

test('a password is known by its hash, and no other is', async () => {
  const passwords = new Passwords();
  const stored = await passwords.hash('correct horse');
  assert.match(stored, /^scrypt\$15\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  assert.notEqual(await passwords.hash('correct horse'), stored);
  assert.ok(await passwords.verify('correct horse', stored));
  assert.ok(!(await passwords.verify('correct horsf', stored)));
  assert.ok(!(await passwords.verify('', stored)));
});

test('a user who does not exist, or whose hash is damaged, is told no', async () => {
  const passwords = new Passwords();
  assert.ok(!(await passwords.verify('any', undefined)));
  assert.ok(!(await passwords.verify('any', 'scrypt$15$8$1$zz')));
  assert.ok(!(await passwords.verify('any', 'plain')));
});

test('the same letters typed on another system are the same password', async () => {
  const passwords = new Passwords();
  const stored = await passwords.hash('caf\u00e9');
  assert.ok(await passwords.verify('cafe\u0301', stored));
});

test('of a flood of sign-ins some are told to come back, and the rest are served', async () => {
  const passwords = new Passwords({ mostAtOnce: 2, mostWaiting: 3 });
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => passwords.verify('any', undefined)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 5);
  const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason.reason);
  assert.deepEqual(refused, ['server_busy', 'server_busy', 'server_busy']);
  assert.equal(await passwords.verify('any', undefined), false);
});
