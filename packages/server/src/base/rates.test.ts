import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_RATES_TEXT, rateOf, rates } from './rates.ts';

const acme = { org: 'Acme', name: 'calls' };

test('without a word of them, the rates are those of the contract', () => {
  const table = rates.parse(DEFAULT_RATES_TEXT);
  assert.ok(table);
  assert.equal(rateOf(table, 'retrieval', acme), 100);
});

test('what is named changes, the rest stays; an app may have its own', () => {
  const table = rates.parse('retrieval=300, acme/Calls:retrieval=7,acme/calls:joins=8');
  assert.ok(table);
  assert.equal(rateOf(table, 'retrieval'), 300);
  assert.equal(rateOf(table, 'retrieval', acme), 7);
  assert.equal(rateOf(table, 'joins', acme), 8);
  assert.equal(rateOf(table, 'joins', { org: 'acme', name: 'other' }), 200);
});

test('any other form is refused', () => {
  for (const text of [
    '',
    'x=1',
    'retrieval',
    'retrieval=0',
    'retrieval=-1',
    'retrieval=1.5',
    'a/b:address=5',
    'a:files=5',
  ])
    assert.equal(rates.parse(text), undefined, text);
});
