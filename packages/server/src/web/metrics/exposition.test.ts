import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expose, single, split } from './exposition.ts';

test('a family is told with its help and type, one without a value not at all', () => {
  const text = expose([
    single('callreel_a', 'gauge', 'How many', 2),
    single('callreel_b', 'gauge', 'Unknown', undefined),
    split('callreel_c_total', 'counter', 'By kind', 'kind', { one: 1, two: 0.5 }),
  ]);
  assert.equal(
    text,
    [
      '# HELP callreel_a How many',
      '# TYPE callreel_a gauge',
      'callreel_a 2',
      '# HELP callreel_c_total By kind',
      '# TYPE callreel_c_total counter',
      'callreel_c_total{kind="one"} 1',
      'callreel_c_total{kind="two"} 0.5',
      '',
    ].join('\n'),
  );
});

test('no value of a label breaks out of its line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (label) => {
      const lines = expose([split('a', 'gauge', 'b', 'c', { [label]: 1 })]).split('\n');
      assert.equal(lines.length, 4);
      const [, shown = ''] = /^a\{c="((?:[^"\\]|\\["\\n])*)"\} 1$/s.exec(lines[2] ?? '') ?? [];
      assert.equal(
        shown.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter)),
        label,
      );
    }),
  );
});
