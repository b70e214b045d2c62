/** What the key frames of a recording cost. */
import { type RecordedPicture, readRecordingIndex } from '../../tests/support/recording-index.ts';

export type KeyFrameCost = {
  keyFrames: number;
  seconds: number;
  bitsPerSecond: number;
  /** What key frames have beyond a usual picture each. */
  keyFrameBitsPerSecond: number;
};

const sizeOf = (pictures: readonly RecordedPicture[]): number => pictures.reduce((sum, { bytes }) => sum + bytes, 0);

/** From `fromMs` of the file on: before, the sender is still finding its rate. */
export const keyFrameCostOf = async (spoolDir: string, fromMs: number): Promise<KeyFrameCost> => {
  const pieces = await readRecordingIndex(spoolDir);
  const pictures = pieces.filter((piece) => piece.kind === 'picture').filter(({ atMs }) => atMs >= fromMs);
  const keys = pictures.filter(({ key }) => key);
  const others = pictures.filter(({ key }) => !key);
  const usualBytes = sizeOf(others) / others.length;
  const seconds = ((pictures.at(-1)?.atMs ?? 0) - (pictures[0]?.atMs ?? 0)) / 1000;
  return {
    keyFrames: keys.length,
    seconds,
    bitsPerSecond: (8 * sizeOf(pictures)) / seconds,
    keyFrameBitsPerSecond: (8 * (sizeOf(keys) - keys.length * usualBytes)) / seconds,
  };
};
