import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseUrlOf, ownOrigins } from './base-url.ts';

const settings = { publicUrl: undefined, host: '127.0.0.1', port: 8080, tls: undefined };
const bound = (address: string) => ({ address, family: 'IPv4', port: 4000 });

test('the public URL is the one that is given out', () => {
  assert.equal(
    baseUrlOf({ ...settings, publicUrl: 'https://calls.example/x' }, bound('0.0.0.0')),
    'https://calls.example/x',
  );
});

test('without one it is the bound address, and the loopback where every address is bound', () => {
  assert.equal(baseUrlOf(settings, bound('192.0.2.7')), 'http://192.0.2.7:4000');
  assert.equal(baseUrlOf(settings, bound('0.0.0.0')), 'http://127.0.0.1:4000');
  assert.equal(baseUrlOf(settings, bound('::')), 'http://[::1]:4000');
  assert.equal(baseUrlOf(settings, null), 'http://127.0.0.1:8080');
  const tls = { certPath: 'c', keyPath: 'k' };
  assert.equal(baseUrlOf({ ...settings, tls }, bound('2001:db8::1')), 'https://[2001:db8::1]:4000');
});

test('a page opened at localhost may call 127.0.0.1, and nobody else is let in by it', () => {
  const own = ['http://localhost:4000', 'http://127.0.0.1:4000', 'http://[::1]:4000'];
  assert.deepEqual(ownOrigins(settings, 'http://127.0.0.1:4000'), own);
  assert.deepEqual(ownOrigins(settings, 'http://192.0.2.7:4000'), []);
  assert.deepEqual(ownOrigins({ ...settings, publicUrl: 'http://localhost:4000' }, 'http://localhost:4000'), []);
});
