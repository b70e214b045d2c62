import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey } from './address-key.ts';

test('an IPv4 address is one caller, however it is written', () => {
  assert.equal(addressKey('192.0.2.7'), '192.0.2.7');
  assert.equal(addressKey('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(addressKey('::FFFF:192.0.2.7'), '192.0.2.7');
});

test('the addresses of an IPv6 network of 64 bits are one caller', () => {
  const key = '2001:db8:0:1::/64';
  for (const address of ['2001:db8:0:1::1', '2001:0DB8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1:2:3:4.5.6.7']) {
    assert.equal(addressKey(address), key);
  }
  assert.equal(addressKey('::1'), '0:0:0:0::/64');
  assert.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.notEqual(addressKey('2001:db8:0:2::1'), key);
});

test('any address has a key: that of its network', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
      const key = addressKey(one);
      if (key.endsWith('/64')) assert.equal(addressKey(`${key.slice(0, -'::/64'.length)}:1:2:3:4`), key);
      assert.ok(addressKey(other).length <= 45);
    }),
  );
});
