import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LinkKey } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { Links, readLinkProof } from './links.ts';

const key: LinkKey = { id: 'aa11', key: new Uint8Array(32).fill(7) };
const retired: LinkKey = { id: 'old0', key: new Uint8Array(32).fill(8) };

const linksWith = (keys: LinkKey[], nowMs = 0): Links => {
  const find = async (id: string) => keys.find((one) => one.id === id);
  const linkKeys = { current: async () => keys[0], find } as Pick<Store['linkKeys'], 'current' | 'find'>;
  return new Links({ keys: linkKeys, baseUrl: () => 'https://calls.example', nowMs: () => nowMs });
};

const queryOf = (link: string): Record<string, string> => Object.fromEntries(new URL(link).searchParams);

const objectKey = 'acme/meet/20190221/20190221175604-0a1b2c3d4e5f.webm';
const expireTime = new Date('2019-03-23T09:56:49Z');

test('a link opens its file until its time is over', async () => {
  const link = (await linksWith([key]).signer())(objectKey, expireTime);
  assert.match(
    link,
    /^https:\/\/calls\.example\/files\/acme\/meet\/20190221\/20190221175604-0a1b2c3d4e5f\.webm\?Expires=1553335009&KeyId=aa11&Signature=[\w-]{43}$/,
  );
  const query = queryOf(link);
  assert.equal(await linksWith([key], expireTime.getTime() - 1).verify(objectKey, query), 'valid');
  assert.equal(await linksWith([key], expireTime.getTime()).verify(objectKey, query), 'expired');
});

test('every listing gives the same link', async () => {
  const links = linksWith([key]);
  assert.equal((await links.signer())(objectKey, expireTime), (await links.signer())(objectKey, expireTime));
});

test('an older key that is still alive opens, one that is gone does not', async () => {
  const query = queryOf((await linksWith([retired]).signer())(objectKey, expireTime));
  assert.equal(await linksWith([key, retired]).verify(objectKey, query), 'valid');
  assert.equal(await linksWith([key]).verify(objectKey, query), 'forged');
});

test('anything altered does not open: the file, the app, the time, the key, one letter of the signature', async () => {
  const links = linksWith([key, retired]);
  const query = queryOf((await links.signer())(objectKey, expireTime));
  const others = [objectKey.replace('meet', 'other'), objectKey.replace('0a1b', '0a1c'), `${objectKey}x`, ''];
  for (const other of others) assert.equal(await links.verify(other, query), 'forged', other);
  assert.equal(await links.verify(objectKey, { ...query, Expires: '1553335010' }), 'forged');
  assert.equal(await links.verify(objectKey, { ...query, KeyId: 'old0' }), 'forged');
  const signature = query.Signature ?? '';
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 42 }), fc.constantFrom(...letters), async (at, letter) => {
      const altered = signature.slice(0, at) + letter + signature.slice(at + 1);
      const verdict = await links.verify(objectKey, { ...query, Signature: altered });
      assert.equal(verdict, altered === signature ? 'valid' : 'forged');
    }),
  );
});

test('whatever a query holds, it is read or refused', () => {
  const values = fc.oneof(fc.string(), fc.array(fc.string()), fc.integer(), fc.constant(undefined), fc.object());
  const queries = fc.record({ Expires: values, KeyId: values, Signature: values }, { requiredKeys: [] });
  fc.assert(
    fc.property(
      fc.oneof(queries, fc.anything()),
      (query) => readLinkProof(query) === undefined || typeof query === 'object',
    ),
  );
  const good = { Expires: '1', KeyId: 'a', Signature: 'A'.repeat(43) };
  assert.deepEqual(readLinkProof(good), { expiresSeconds: 1, keyId: 'a', signature: 'A'.repeat(43) });
  const wrong = [
    { Expires: '-1' },
    { Expires: '1e3' },
    { Expires: ['1', '1'] },
    { KeyId: '../x' },
    { KeyId: '' },
    { Signature: 'A' },
  ];
  for (const part of wrong) assert.equal(readLinkProof({ ...good, ...part }), undefined, JSON.stringify(part));
});
