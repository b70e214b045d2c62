/** The steps by which one subscriber's picture grows: the temporal layers of the smallest source, then the larger sources whole. */
import type { Feed } from './feed.ts';
import type { FittingLayer } from './layer-fit.ts';
import { ALL_LAYERS } from './temporal-layers.ts';

type Source = Pick<Feed, 'ssrc' | 'pixels' | 'bitsPerSecond' | 'temporalBitsPerSecond'>;

/** Of those sources whose size and rate are known; the least comes first. */
export const fittingLayers = (sources: readonly Source[]): FittingLayer[] => {
  const rising = sources
    .filter(({ pixels, bitsPerSecond }) => pixels > 0 && bitsPerSecond > 0)
    .toSorted((one, other) => one.pixels - other.pixels || one.bitsPerSecond - other.bitsPerSecond);
  const whole = rising.map(({ ssrc, pixels, bitsPerSecond }) => ({
    ...{ ssrc, pixels, bitsPerSecond, temporalLayer: ALL_LAYERS },
  }));
  return [...(rising[0] ? lowerLayersOf(rising[0]) : []), ...whole];
};

/** Without the highest, which is the whole. */
const lowerLayersOf = ({ ssrc, pixels, temporalBitsPerSecond }: Source): FittingLayer[] =>
  temporalBitsPerSecond
    .slice(0, -1)
    .map((bitsPerSecond, temporalLayer) => ({ ssrc, pixels, temporalLayer, bitsPerSecond }));
