import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseLayer, type LayerState } from './layer-choice.ts';

const layer = (ssrc: number, state: Partial<LayerState> = {}): LayerState => ({
  ssrc,
  pixels: ssrc * 1000,
  bitsPerSecond: 1,
  aliveForMs: 10_000,
  silenceMs: 700,
  ...state,
});

const LATER_MS = 60_000;

test('the largest that has lived for a while', () => {
  assert.equal(chooseLayer([layer(1), layer(2), layer(3)], 1, LATER_MS), 3);
  assert.equal(chooseLayer([layer(1), layer(2), layer(3, { aliveForMs: 1900 })], 1, LATER_MS), 2);
});

test('in the beginning the largest there is', () => {
  const young = { aliveForMs: 1 };
  assert.equal(chooseLayer([layer(1, young), layer(2, young)], 1, 100), 2);
  assert.equal(chooseLayer([layer(1, young)], undefined, 0), 1);
});

test('of one size the one with clearly more bits', () => {
  const same = { pixels: 5 };
  const layers = (bitsPerSecond: number) => [
    layer(1, { ...same, bitsPerSecond: 100 }),
    layer(2, { ...same, bitsPerSecond }),
  ];
  assert.equal(chooseLayer(layers(120), 1, LATER_MS), 1);
  assert.equal(chooseLayer(layers(130), 1, LATER_MS), 2);
});

test('a dead one is left for the best that outlived it, and kept where there is none', () => {
  const dead = layer(3, { aliveForMs: 0 });
  assert.equal(chooseLayer([layer(1), layer(2), dead], 3, LATER_MS), 2);
  assert.equal(chooseLayer([layer(1), layer(2, { aliveForMs: 600 }), dead], 3, LATER_MS), 1);
  assert.equal(chooseLayer([layer(1, { aliveForMs: 600 }), dead], 3, LATER_MS), 3);
  assert.equal(chooseLayer([], 3, LATER_MS), 3);
});

test('whatever the layers: one of them, and with nothing changed no second change', () => {
  const state = fc.record({
    pixels: fc.constantFrom(0, 10, 20),
    bitsPerSecond: fc.nat(1000),
    aliveForMs: fc.constantFrom(0, 1, 700, 2500),
    silenceMs: fc.constantFrom(0, 700, 5000),
  });
  const layers = fc
    .array(state, { minLength: 1, maxLength: 4 })
    .map((states) => states.map((each, index) => ({ ...each, ssrc: index + 1 })));
  fc.assert(
    fc.property(layers, fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }), fc.nat(3000), (all, now, ms) => {
      const chosen = chooseLayer(all, now, ms);
      assert.ok(all.some(({ ssrc }) => ssrc === chosen) || chosen === now);
      let settled = chosen;
      for (let step = 0; step < 4; step += 1) settled = chooseLayer(all, settled, ms);
      assert.equal(chooseLayer(all, settled, ms), settled);
    }),
  );
});
