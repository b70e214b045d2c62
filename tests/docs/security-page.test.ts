import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** As the page shortens them. */
const placesOf = (path: string): string[] => [
  path,
  `packages/server/src/${path}`,
  `packages/server/src/base/embedded-postgres/${path}`,
  `packages/server/src/sfu/receive/${path}`,
  `tests/security/${path}`,
  path.replace(/^(\w+)\//, 'packages/$1/src/'),
];

test('every file that the page on security names is there', async () => {
  const page = await readFile(`${root}docs/security.md`, 'utf8');
  const named = [...page.matchAll(/`([\w./-]+(?:\.ts|\/))`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 40);
  for (const path of named)
    assert.ok(
      placesOf(path).some((place) => existsSync(root + place)),
      path,
    );
});
