import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inviteLink, parseRoute } from './route.ts';

test('an invitation leads back to the call it was made for', () => {
  const link = inviteLink('http://localhost:8080', 'acme', 'shop one', 'IM_X1C2');
  assert.deepEqual(parseRoute(new URL(link).hash), { view: 'join', org: 'acme', app: 'shop one', confrId: 'IM_X1C2' });
});

test('anything else leads to the call section', () => {
  for (const hash of ['', '#', '#/', '#/nonsense', '#/join/acme', '#/join/%E0%A4%A/b/c']) {
    assert.deepEqual(parseRoute(hash), { view: 'call' }, hash);
  }
  assert.deepEqual(parseRoute('#/files'), { view: 'files' });
});
