import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { SETTINGS_PAGE, settingsPage } from '../../scripts/write-settings-page.ts';

test('docs/settings.md is what the schema of the settings says', async () => {
  const written = await readFile(SETTINGS_PAGE, 'utf8');
  assert.equal(written, settingsPage(), 'run: node scripts/write-settings-page.ts');
});
