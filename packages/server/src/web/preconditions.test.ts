import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNotModified, mayAnswerPart } from './preconditions.ts';

const modified = 'Thu, 21 Feb 2019 09:56:04 GMT';
const file = { etag: '"abc"', modifiedMs: Date.parse(modified) };

test('a copy with the same tag is current, a weak one too', () => {
  for (const tags of ['"abc"', 'W/"abc"', '"x", "abc"', '*'])
    assert.ok(isNotModified({ 'if-none-match': tags }, file), tags);
  for (const tags of ['"x"', 'abc', '""']) assert.ok(!isNotModified({ 'if-none-match': tags }, file), tags);
});

test('a date counts only where there is no tag', () => {
  assert.ok(isNotModified({ 'if-modified-since': modified }, file));
  assert.ok(isNotModified({ 'if-modified-since': 'Fri, 22 Feb 2019 09:56:04 GMT' }, file));
  assert.ok(!isNotModified({ 'if-modified-since': 'Wed, 20 Feb 2019 09:56:04 GMT' }, file));
  assert.ok(!isNotModified({ 'if-modified-since': 'yesterday' }, file));
  assert.ok(!isNotModified({ 'if-modified-since': modified, 'if-none-match': '"x"' }, file));
  assert.ok(!isNotModified({}, file));
});

test('a range goes on only with the very file it began with', () => {
  assert.ok(mayAnswerPart({}, file));
  assert.ok(mayAnswerPart({ 'if-range': '"abc"' }, file));
  assert.ok(mayAnswerPart({ 'if-range': modified }, file));
  for (const condition of ['"x"', 'W/"abc"', 'Fri, 22 Feb 2019 09:56:04 GMT', 'nonsense', '']) {
    assert.ok(!mayAnswerPart({ 'if-range': condition }, file), condition);
  }
});
