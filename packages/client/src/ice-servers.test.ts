import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IceServer } from '@callreel/contract/ice-server.ts';
import { iceServerLinks } from '@callreel/server/web/ice-server-links.ts';
import fc from 'fast-check';
import { readIceServers } from './ice-servers.ts';

test('servers as RFC 9725 writes them, several in one header', () => {
  const header = [
    '<stun:stun.example.net>; rel="ice-server"',
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="my,Pass;word"; credential-type="password"',
    '<turn:turn.example.net?transport=tcp>;rel=ice-server;username=user;credential="a\\"b"',
  ].join(', ');
  assert.deepEqual(readIceServers(header), [
    { urls: 'stun:stun.example.net' },
    { urls: 'turn:turn.example.net?transport=udp', username: 'user', credential: 'my,Pass;word' },
    { urls: 'turn:turn.example.net?transport=tcp', username: 'user', credential: 'a"b' },
  ]);
});

test('what a browser would refuse, and links of other kinds, are left out', () => {
  for (const header of [
    null,
    '',
    '<turn:turn.example.net>; rel="ice-server"',
    '<turn:turn.example.net>; rel="ice-server"; username="user"',
    '<https://example.net/next>; rel="next"',
    '<https://example.net/>; rel="ice-server"; username="u"; credential="c"',
    '<turn:turn.example.net>; username="u"; credential="c"',
    'turn:turn.example.net; rel="ice-server"',
  ]) {
    assert.deepEqual(readIceServers(header), [], String(header));
  }
});

const credential = fc.stringMatching(/^[A-Za-z0-9+/=:._-]{1,40}$/);
const server: fc.Arbitrary<IceServer> = fc.record({
  urls: fc.array(fc.constantFrom('turn:a.example.com?transport=udp', 'turns:[2001:db8::1]:443'), { minLength: 1 }),
  username: credential,
  credential,
});

test('whatever the service hands out is read again', () => {
  fc.assert(
    fc.property(fc.array(server, { maxLength: 4 }), (servers) => {
      const flat = servers.flatMap(({ urls, ...rest }) => urls.map((url) => ({ urls: url, ...rest })));
      assert.deepEqual(readIceServers(iceServerLinks(servers).join(', ')), flat);
    }),
  );
});

test('no header breaks it', () => {
  const piece = fc.constantFrom('<', '>', ';', ',', '"', '\\', 'rel=', 'ice-server', 'turn:a', ' ', 'username="');
  fc.assert(fc.property(fc.array(piece, { maxLength: 400 }), (pieces) => void readIceServers(pieces.join(''))));
});
