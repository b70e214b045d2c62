import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iceUrls } from './ice-urls.ts';

const GOOD = [
  'turn:turn.example.com',
  'turn:turn.example.com:3478?transport=udp',
  'turn:192.0.2.1:3478?transport=tcp',
  'turns:turn.example.com:443?transport=tcp',
  'turn:[2001:db8::1]:3478',
  'stun:stun.example.com',
];

const BAD = [
  'turn.example.com',
  'turn://turn.example.com',
  'turn:user@turn.example.com',
  'turn:turn.example.com:0',
  'turn:turn.example.com:65536',
  'turn:turn.example.com?transport=sctp',
  'turn:2001:db8::1',
  'turn:[turn.example.com]',
  'turn:[2001:db8::1',
  'turn:1.2.3',
  'turn:',
  'stun:stun.example.com?transport=udp',
  'http://turn.example.com',
  'turn:a>; rel="x"',
  'turn:a.example.com,',
];

test('URLs as browsers take them, one or several', () => {
  for (const url of GOOD) assert.deepEqual(iceUrls.parse(url), [url]);
  assert.deepEqual(iceUrls.parse('stun:a.example.com, turn:b.example.com'), [
    'stun:a.example.com',
    'turn:b.example.com',
  ]);
});

test('one that a browser would refuse is refused, also among good ones', () => {
  for (const url of BAD) {
    assert.equal(iceUrls.parse(url), undefined, url);
    assert.equal(iceUrls.parse(`turn:turn.example.com,${url}`), undefined, url);
  }
});

test('no more of them than callers can use', () => {
  assert.equal(iceUrls.parse(Array(9).fill('turn:turn.example.com').join()), undefined);
});
