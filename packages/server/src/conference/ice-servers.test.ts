import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IceServers, type IceServersOptions } from './ice-servers.ts';

const AT = 1_795_330_483_331;

const serversFor = (memberId: string, options: Partial<IceServersOptions> = {}) =>
  new IceServers({
    urls: ['stun:a.example.com', 'turn:a.example.com?transport=udp', 'turns:a.example.com:443?transport=tcp'],
    turnSecret: 'north',
    turnTtlSeconds: 86_400,
    nowMs: () => AT,
    ...options,
  }).for(memberId);

test("credentials are coturn's: until when and for whom, under the shared secret", () => {
  assert.deepEqual(serversFor('IM_X1C1M1'), [
    { urls: ['stun:a.example.com'] },
    {
      urls: ['turn:a.example.com?transport=udp', 'turns:a.example.com:443?transport=tcp'],
      username: '1795416883:IM_X1C1M1',
      // printf %s 1795416883:IM_X1C1M1 | openssl dgst -sha1 -hmac north -binary | base64
      credential: 'lqeIljdbWSnYoBuLXDcwaiph2Og=',
    },
  ]);
});

test('every member has credentials of his own, and later ones are good for longer', () => {
  const of = (memberId: string, atMs = AT) => serversFor(memberId, { nowMs: () => atMs }).at(-1);
  assert.notEqual(of('IM_X1C1M1')?.credential, of('IM_X1C1M2')?.credential);
  assert.equal(of('IM_X1C1M1', AT + 5000)?.username, '1795416888:IM_X1C1M1');
});

test('without any set there is none', () => {
  assert.deepEqual(serversFor('IM_X1C1M1', { urls: [], turnSecret: undefined }), []);
});
