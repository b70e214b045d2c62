import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkClock } from './clock.ts';
import { checkBuffers, checkMemory, checkNode } from './machine.ts';
import { checkCodecs, checkWebrtc } from './native-libraries.ts';

// How much memory there is, how large buffers may be and how steady the clock goes is this machine's affair: no more than that each is told.
test('the machine that runs the tests can be looked at', async () => {
  assert.match((await checkMemory())[0]?.text ?? '', /of .* are available/);
  assert.match((await checkBuffers())[0]?.text ?? '', /UDP sockets may hold [\d.]+ (KB|MB)/);
  assert.equal((await checkClock()).length, 3);
});

test('it runs the service: Node, codecs and the WebRTC library are there', async () => {
  const seen = [...(await checkNode()), ...(await checkCodecs()), ...(await checkWebrtc())];
  assert.deepEqual(
    seen.map(({ level }) => level),
    ['ok', 'ok', 'ok'],
    JSON.stringify(seen),
  );
});
