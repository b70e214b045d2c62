import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CALL_END_REASONS,
  StartCallView,
  UserClientMessage,
  UserEvent,
  UserServerFrame,
} from '@callreel/contract/calls.ts';
import { Check } from 'typebox/value';

const page = await readFile(fileURLToPath(new URL('../../docs/formats/calls.md', import.meta.url)), 'utf8');

test('the page names every event, message, state and reason', () => {
  const kinds = [...UserEvent.anyOf, ...UserClientMessage.anyOf].map(({ properties }) => properties.kind.const);
  for (const word of [...kinds, ...StartCallView.properties.state.enum, ...CALL_END_REASONS]) {
    assert.ok(page.includes(`\`${word}\``), word);
  }
  for (const { properties } of UserEvent.anyOf) {
    const { kind, ...fields } = properties;
    const row = page.split('\n').find((line) => line.startsWith(`| \`${kind.const}\``));
    for (const field of Object.keys(fields)) assert.ok(row?.includes(`\`${field}\``), `${kind.const} ${field}`);
  }
});

test('the examples are what the schemas say', () => {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const examples = blocks.flatMap((text) => text.trim().split('\n')).map((line): unknown => JSON.parse(line));
  assert.ok(examples.length >= 4);
  for (const example of examples) {
    assert.ok(Check(UserServerFrame, example) || Check(UserClientMessage, example), JSON.stringify(example));
  }
});
