import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fullUserName, readUserName } from './names.ts';

const app = { org: 'Easemob-Demo', name: 'testApp' };

test('a user is named by himself or with his app, whatever the case', () => {
  assert.equal(readUserName(app, 'user1'), 'user1');
  assert.equal(readUserName(app, 'User1'), 'user1');
  assert.equal(readUserName(app, 'easemob-demo#testapp_USER1'), 'user1');
  assert.equal(readUserName(app, 'Easemob-Demo#testApp_a_b'), 'a_b');
});

test("another app's user and what is no name are nobody", () => {
  const nobody = [
    '',
    'a b',
    '..',
    'easemob-demo#other_user1',
    'other#testapp_user1',
    'easemob-demo#testapp_',
    '#',
    'a'.repeat(65),
  ];
  for (const text of nobody) assert.equal(readUserName(app, text), undefined, text);
});

test('the full name of any user reads back', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9_-][a-z0-9._-]{0,60}$/), (text) => {
      const name = readUserName(app, text);
      assert.ok(name);
      assert.equal(readUserName(app, fullUserName(app, name)), name);
    }),
  );
});
