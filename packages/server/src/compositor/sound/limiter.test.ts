import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITER_DEFAULTS, Limiter } from './limiter.ts';
import { closeTo, sine } from './test-sound.ts';

describe('limiter', () => {
  const { ceiling } = LIMITER_DEFAULTS;
  const limit = (samples: Float32Array, step = 1024): Float32Array => {
    const limiter = new Limiter();
    const padded = new Float32Array(samples.length + limiter.lagSamples);
    padded.set(samples);
    const right = padded.slice();
    for (let from = 0; from < padded.length; from += step) {
      limiter.process(padded.subarray(from, from + step), right.subarray(from, from + step));
    }
    return padded.subarray(limiter.lagSamples);
  };

  test('leaves quiet sound alone', () => {
    closeTo(limit(sine(440, 0.8, 0, 9600)), sine(440, 0.8, 0, 9600));
  });

  test('never lets a sample over the ceiling', () => {
    const loud = fc.array(fc.float({ min: -6, max: 6, noNaN: true }), { minLength: 1, maxLength: 3000 });
    fc.assert(
      fc.property(loud, fc.integer({ min: 1, max: 1500 }), (samples, step) => {
        assert.ok(limit(Float32Array.from(samples), step).every((value) => Math.abs(value) <= ceiling + 1e-6));
      }),
    );
  });

  test('turns three loud voices down smoothly, without clipping them', () => {
    const loud = sine(200, 0.2, 0, 24_000);
    for (let i = 8000; i < 16_000; i++) loud[i] = (loud[i] ?? 0) * 12;
    const out = limit(loud);
    const gains = [...out].map((value, i) => (Math.abs(loud[i] ?? 0) > 0.05 ? value / (loud[i] ?? 1) : Number.NaN));
    const steps = gains.map((gain, i) => Math.abs(gain - (gains[i - 1] ?? Number.NaN))).filter(Number.isFinite);
    assert.ok(Math.max(...steps) < 0.01);
    const least = Math.min(...gains.filter(Number.isFinite));
    assert.ok(least > 0.3 && least < 0.4);
    assert.ok(Math.abs((gains[60] ?? 0) - 1) < 1e-6);
  });
});
