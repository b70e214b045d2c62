/** Which layer of a simulcast picture to record: the best one that lives. */

export type LayerState = {
  ssrc: number;
  /** Width × height; 0 until a key frame told it. */
  pixels: number;
  bitsPerSecond: number;
  /** How long it has been alive without a break; 0 where it is not. */
  aliveForMs: number;
  /** After so long without a packet it would not be. */
  silenceMs: number;
};

/** What was turned off and on again, or comes and goes with the network's mood, has to stay for so long before it is taken. */
const STEADY_MS = 2000;
/** In the first moments there is nothing to lose: each layer that shows itself to be better is taken. */
const BEGINNING_MS = 1000;
/** Layers of one size differ by their bit rates, which waver. */
const BETTER_RATE = 1.25;

const isBetter = (one: LayerState, other: LayerState): boolean =>
  one.pixels === other.pixels ? one.bitsPerSecond > BETTER_RATE * other.bitsPerSecond : one.pixels > other.pixels;

const best = (layers: readonly LayerState[]): LayerState | undefined => {
  let found: LayerState | undefined;
  for (const layer of layers) if (found === undefined || isBetter(layer, found)) found = layer;
  return found;
};

/**
 * The SSRC to record from now on, given the one recorded so far; undefined only where there is none. One that died is left for the best
 * that outlived it; after a jam of the network, in which all were silent, the first to be heard again is not yet one of those.
 */
export const chooseLayer = (
  layers: readonly LayerState[],
  currentSsrc: number | undefined,
  sinceFirstPacketMs: number,
): number | undefined => {
  const alive = layers.filter(({ aliveForMs, ssrc }) => aliveForMs > 0 || ssrc === currentSsrc);
  const current = alive.find(({ ssrc }) => ssrc === currentSsrc);
  if (current === undefined) return (best(alive) ?? layers[0])?.ssrc ?? currentSsrc;
  const others = alive.filter(({ ssrc }) => ssrc !== currentSsrc);
  if (current.aliveForMs === 0) {
    const outlived = others.filter(({ aliveForMs }) => aliveForMs >= current.silenceMs);
    return (best(outlived) ?? current).ssrc;
  }
  const steady =
    sinceFirstPacketMs < BEGINNING_MS ? others : others.filter(({ aliveForMs }) => aliveForMs >= STEADY_MS);
  return (best(steady.filter((layer) => isBetter(layer, current))) ?? current).ssrc;
};
