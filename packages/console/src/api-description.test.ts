import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsOf, fieldsOf, formOf } from './api-description.ts';

test('a form is said in words', () => {
  assert.equal(formOf({ type: 'integer', minimum: 1, maximum: 100 }), 'integer, 1 to 100');
  assert.equal(formOf({ type: 'integer', minimum: 0 }), 'integer, from 0');
  assert.equal(formOf({ anyOf: [{ enum: ['VP8'] }, { const: 'H264' }] }), '"VP8" | "H264"');
  assert.equal(
    formOf({ type: 'array', items: { type: 'string', maxLength: 8 } }),
    'array of string, at most 8 characters',
  );
  assert.equal(formOf({}), 'any');
  assert.equal(formOf(undefined), '');
});

test('the fields within a field are named with it', () => {
  const member = { type: 'object', properties: { role: { type: 'integer' } }, required: ['role'] };
  const schema = { type: 'object', properties: { id: { type: 'string' }, mems: { type: 'array', items: member } } };
  const names = fieldsOf(schema).map(({ name, required }) => `${name}${required ? '' : '?'}`);
  assert.deepEqual(names, ['id?', 'mems?', 'mems[].role']);
  assert.deepEqual(
    fieldsOf({ type: 'array', items: member }).map(({ name }) => name),
    ['role'],
  );
  assert.deepEqual(fieldsOf({ type: 'string' }), []);
});

test('calls are found by their tag', () => {
  const call = { responses: {}, tags: ['users'] };
  const paths = { '/a': { get: call, post: { responses: {} } }, '/b': { delete: call } };
  const found = callsOf({ info: { title: '', version: '' }, paths }, 'users');
  assert.deepEqual(
    found.map(({ method, path }) => `${method} ${path}`),
    ['GET /a', 'DELETE /b'],
  );
});
