/** A flash and the beep that belongs to it; a positive offset is sound that comes late. */
export type SyncPair = { flashMs: number; beepMs: number; offsetMs: number };

export type SyncFacts = { pairs: SyncPair[]; loneFlashesMs: number[]; loneBeepsMs: number[] };

/** Events are a second apart: what is further away belongs to another one. */
const LARGEST_OFFSET_MS = 400;

/** Gives each flash the nearest beep. Where all are off by about a second, one flash and one beep at the ends stay alone. */
export const pairEvents = (flashesMs: readonly number[], beepsMs: readonly number[]): SyncFacts => {
  const left = new Set(beepsMs);
  const pairs: SyncPair[] = [];
  for (const flashMs of flashesMs) {
    const [beepMs] = [...left].sort((a, b) => Math.abs(a - flashMs) - Math.abs(b - flashMs));
    if (beepMs === undefined || Math.abs(beepMs - flashMs) > LARGEST_OFFSET_MS) continue;
    left.delete(beepMs);
    pairs.push({ flashMs, beepMs, offsetMs: beepMs - flashMs });
  }
  const paired = new Set(pairs.map(({ flashMs }) => flashMs));
  return { pairs, loneFlashesMs: flashesMs.filter((flashMs) => !paired.has(flashMs)), loneBeepsMs: [...left] };
};
