import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClientMessage, ConferenceEvent, END_REASONS, EVENT_CLOSES, ServerFrame } from '@callreel/contract/events.ts';
import { Check } from 'typebox/value';

const page = await readFile(fileURLToPath(new URL('../../docs/formats/events.md', import.meta.url)), 'utf8');

/** The rows of the page's tables, cell by cell. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

const fieldsOf = (kind: string): string[] => {
  const row = rows.find(([, first = '']) => first.split(', ').includes(`\`${kind}\``));
  assert.ok(row, `the page has no row for ${kind}`);
  return [...(row[2] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name).sort();
};

test('the page names every event and message with its fields', () => {
  for (const { properties } of [...ConferenceEvent.anyOf, ...ClientMessage.anyOf]) {
    const { kind, ...fields } = properties;
    assert.deepEqual(fieldsOf(kind.const), Object.keys(fields).sort(), kind.const);
  }
  for (const { properties } of ServerFrame.anyOf) fieldsOf(properties.kind.const);
});

test('the page names every reason, and every code with its reason', () => {
  for (const reason of END_REASONS) assert.ok(page.includes(`\`${reason}\``), reason);
  for (const [reason, { code, again }] of Object.entries(EVENT_CLOSES)) {
    const row = rows.find(([, first]) => first === String(code));
    assert.ok(row?.[2]?.startsWith(`\`${reason}\``), `${code} ${reason}`);
    assert.equal(row?.[3]?.startsWith('yes'), again, reason);
  }
});

test('the examples are what the schemas say', () => {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const examples = blocks.flatMap((text) => text.split(/\n(?=\{"kind")/).map((each) => JSON.parse(each)));
  assert.ok(examples.length >= 6);
  for (const example of examples) {
    assert.ok(Check(ServerFrame, example) || Check(ClientMessage, example), JSON.stringify(example));
  }
});
