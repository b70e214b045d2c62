import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TEXTS_EN, type TextKey } from './texts-en.ts';
import { TEXTS_ZH } from './texts-zh.ts';

const page = await readFile(fileURLToPath(new URL('index.html', import.meta.url)), 'utf8');
const keys = Object.keys(TEXTS_EN) as TextKey[];
const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

test('both languages fill in the same values', () => {
  for (const key of keys) assert.deepEqual(placeholders(TEXTS_ZH[key]), placeholders(TEXTS_EN[key]), key);
});

test('the Chinese words are Chinese, with Chinese punctuation', () => {
  for (const key of keys) assert.doesNotMatch(TEXTS_ZH[key], /\p{Script=Han}\s*[,;:!?()]/u, key);
});

test('the page names only words that there are, and holds the English ones until its script runs', () => {
  const named = [...page.matchAll(/data-text="([^"]+)"[^>]*>([^<]*)</g)];
  assert.ok(named.length > 40);
  for (const [, key = '', text] of named) assert.equal(text, TEXTS_EN[key as TextKey], key);
  for (const [, key = ''] of page.matchAll(/data-label="([^"]+)"/g)) assert.ok(Object.hasOwn(TEXTS_EN, key), key);
});

test('the page loads nothing from elsewhere', () => {
  for (const [, url = ''] of page.matchAll(/\s(?:src|href)="([^"]+)"/g)) assert.match(url, /^(\/assets\/|#)/);
});
