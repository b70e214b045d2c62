import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FittingLayer, LayerFit } from './layer-fit.ts';
import { ALL_LAYERS } from './temporal-layers.ts';

const layer = (ssrc: number, pixels: number, bitsPerSecond: number, temporalLayer = ALL_LAYERS): FittingLayer => ({
  ...{ ssrc, pixels, bitsPerSecond, temporalLayer },
});

const LAYERS = [layer(1, 320 * 180, 150_000), layer(2, 640 * 360, 500_000), layer(3, 1280 * 720, 1_500_000)];
/** Libwebrtc's shares of the rate: 40 % the base layer, 60 % with the next. */
const WITH_TEMPORAL = [layer(1, 320 * 180, 60_000, 0), layer(1, 320 * 180, 90_000, 1), ...LAYERS];
const TICK_MS = 100;

/** A receiver as libwebrtc makes them: what it tells is bounded by one and a half of what it gets, and by its path. */
class VirtualReceiver {
  readonly #fit = new LayerFit();
  #estimate = 300_000;
  #nowMs = 0;
  capacity: number;
  layers = LAYERS;
  readonly chosen: number[] = [];
  #current: FittingLayer | undefined;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  run(durationMs: number): number | undefined {
    const endMs = this.#nowMs + durationMs;
    for (; this.#nowMs < endMs; this.#nowMs += TICK_MS) {
      this.#current = this.#fit.choose(this.layers, this.#downlink(), this.#nowMs);
      const ssrc = this.#current?.ssrc ?? 0;
      if (ssrc !== this.chosen.at(-1)) this.chosen.push(ssrc);
      this.#tell();
    }
    return this.chosen.at(-1);
  }

  get temporalLayer(): number | undefined {
    return this.#current?.temporalLayer;
  }

  get isTooThin(): boolean {
    return this.#fit.isTooThin;
  }

  get #rate(): number {
    return this.#current?.bitsPerSecond ?? 0;
  }

  #downlink() {
    const lossShare = Math.max(0, 1 - this.capacity / Math.max(1, this.#rate));
    return { bitsPerSecond: this.#estimate, lossShare: this.#rate > 0 ? lossShare : 0 };
  }

  /** Once a second. */
  #tell(): void {
    if (this.#nowMs % 1000 !== 0) return;
    const received = Math.min(this.#rate, this.capacity);
    const bound = this.#rate > this.capacity ? 0.85 * this.capacity : 1.5 * received + 10_000;
    this.#estimate = Math.min(bound, Math.max(this.#estimate * 1.5, bound === 0 ? 0 : 50_000));
  }
}

test('a wide path gets the largest layer within seconds, step by step', () => {
  const receiver = new VirtualReceiver(5_000_000);
  assert.equal(receiver.run(20_000), 3);
  assert.deepEqual(receiver.chosen, [1, 2, 3]);
});

test('a path that is too thin for the next layer stays on its own, and is asked less and less', () => {
  const receiver = new VirtualReceiver(700_000);
  receiver.run(120_000);
  assert.equal(receiver.run(1000), 2);
  const trials = receiver.chosen.filter((ssrc) => ssrc === 3).length;
  assert.ok(trials >= 1 && trials <= 6, `${trials} trials in two minutes`);
});

test('a path that becomes thin goes down, and up again when it is wide', () => {
  const receiver = new VirtualReceiver(5_000_000);
  receiver.run(20_000);
  receiver.capacity = 250_000;
  assert.equal(receiver.run(5000), 1);
  receiver.capacity = 5_000_000;
  assert.equal(receiver.run(40_000), 3);
});

test('where not even the smallest fits it is sent all the same, and said', () => {
  const receiver = new VirtualReceiver(60_000);
  assert.equal(receiver.run(10_000), 1);
  assert.equal(receiver.isTooThin, true);
});

test('a path too thin for the smallest picture gets as many of its temporal layers as it carries, and all once it is wide', () => {
  const receiver = new VirtualReceiver(5_000_000);
  receiver.layers = WITH_TEMPORAL;
  receiver.run(30_000);
  assert.deepEqual([receiver.chosen.at(-1), receiver.temporalLayer], [3, ALL_LAYERS]);
  receiver.capacity = 125_000;
  receiver.run(10_000);
  assert.deepEqual([receiver.chosen.at(-1), receiver.temporalLayer, receiver.isTooThin], [1, 1, false]);
  receiver.capacity = 5_000_000;
  receiver.run(60_000);
  assert.deepEqual([receiver.chosen.at(-1), receiver.temporalLayer], [3, ALL_LAYERS]);
});

test('a layer that its sender turns off is left at once for one that fits', () => {
  const receiver = new VirtualReceiver(5_000_000);
  receiver.run(20_000);
  receiver.layers = LAYERS.slice(0, 2);
  assert.equal(receiver.run(TICK_MS), 2);
  receiver.layers = [];
  assert.equal(receiver.run(TICK_MS), 0);
});
