import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSessionDescription } from './session-description.ts';
import { chooseRids, MAX_LAYERS, readSimulcast, simulcastLines } from './simulcast.ts';

const EXTENSION = 'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';

const read = (...lines: readonly string[]) =>
  readSimulcast(parseSessionDescription([EXTENSION, ...lines].join('\r\n')).attributes);

/** The lines with which we would answer these, for payload type 96. */
const answered = (...lines: readonly string[]): string[] => simulcastLines(chooseRids(read(...lines), 96), 96);

test('three layers, as Chromium 156 offers them', () => {
  assert.deepEqual(answered('a=rid:f send', 'a=rid:h send', 'a=rid:q send', 'a=simulcast:send f;h;q'), [
    'a=rid:f recv',
    'a=rid:h recv',
    'a=rid:q recv',
    'a=simulcast:recv f;h;q',
  ]);
});

test('a layer that is paused at first is taken, of alternatives the first', () => {
  assert.deepEqual(
    answered('a=rid:1 send', 'a=rid:2 send', 'a=rid:3 send', 'a=simulcast:send 1,3;~2 recv 4').at(-1),
    'a=simulcast:recv 1;2',
  );
});

test('limits are echoed, payload types down to the one that was chosen', () => {
  const lines = ['a=rid:a send pt=96,98;max-width=1280;max-fps=30', 'a=rid:b send pt=98', 'a=rid:c send max-br=300000'];
  assert.deepEqual(answered(...lines, 'a=simulcast:send a;b;c'), [
    'a=rid:a recv pt=96;max-width=1280;max-fps=30',
    'a=rid:c recv max-br=300000',
    'a=simulcast:recv a;c',
  ]);
});

test('one layer alone is no simulcast', () => {
  assert.deepEqual(answered('a=rid:a send', 'a=simulcast:send a'), []);
  assert.deepEqual(answered('a=simulcast:send a;b'), [], 'rids that are not described');
});

test('layers that no packet would tell apart are not taken', () => {
  const lines = ['a=rid:a send', 'a=rid:b send', 'a=simulcast:send a;b'];
  assert.deepEqual(readSimulcast(parseSessionDescription(lines.join('\r\n')).attributes).rids, []);
});

test('layers by SSRC', () => {
  assert.deepEqual(read('a=ssrc-group:FID 1 2', 'a=ssrc-group:SIM 1 3 5').ssrcs, [1, 3, 5]);
});

test('any values: few layers, and nothing of the offer comes back unchecked', () => {
  const value = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constantFrom('send a;b', 'a send', 'b send max-width=1;evil=<x>', 'SIM 1 2 3 4 5 6 7', 'send a;b;c;d;e;f;g'),
  );
  const extension = { line: 1, name: 'extmap', value: EXTENSION.slice('a=extmap:'.length) };
  const attribute = fc.record({
    line: fc.constant(1),
    name: fc.constantFrom('rid', 'simulcast', 'ssrc-group'),
    value,
  });
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 12 }), (attributes) => {
      const simulcast = readSimulcast([extension, ...attributes]);
      assert.ok(simulcast.ssrcs.length <= MAX_LAYERS);
      const lines = simulcastLines(chooseRids(simulcast, 96), 96);
      assert.ok(lines.length <= MAX_LAYERS + 1);
      for (const line of lines) assert.match(line, /^a=(?:rid:[\w-]+ recv(?: [\w=.;,-]+)?|simulcast:recv [\w;-]+)$/);
    }),
  );
});
