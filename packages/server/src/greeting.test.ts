import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChildError } from './base/child-error.ts';
import { explainFailure } from './greeting.ts';

const systemError = (code: string, message: string): Error => Object.assign(new Error(message), { code });

test('what the system refuses is told with what to do, and without a stack', () => {
  for (const [code, message, advice] of [
    ['EADDRINUSE', 'listen EADDRINUSE: address already in use 127.0.0.1:8080', 'set CALLREEL_PORT'],
    ['EEXIST', "EEXIST: file already exists, mkdir '/etc/passwd'", 'set CALLREEL_DATA_DIR'],
    ['ENOTDIR', "ENOTDIR: not a directory, mkdir '/etc/passwd/postgres'", 'set CALLREEL_DATA_DIR'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND no.such.host', 'set CALLREEL_HOST'],
  ] as const) {
    const told = explainFailure(systemError(code, message));
    assert.ok(told.includes(message) && told.includes(advice), told);
    assert.doesNotMatch(told, /\n {4}at /, told);
  }
});

test('so is what a child process was refused', () => {
  const remote = { name: 'Error', reason: undefined, message: 'bind EADDRNOTAVAIL 10.99.99.99' };
  assert.match(explainFailure(ChildError.failed('media', remote)), /no such address: set CALLREEL_HOST/);
});

test('a fault that nobody foresaw keeps its stack', () => {
  assert.match(explainFailure(new TypeError('x is undefined')), /\n {4}at /);
});
