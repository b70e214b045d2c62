/** How far silence can be put in where no sound came: up to where none can come any more. */

/** How long packets wait for those missing: three rounds of resends at 80 ms take 290 ms. */
export const HOLD_MS = 400;
/** That, and as much again for a slow path. */
const FILL_DELAY_MS = 1000;
/** Where pictures come late, sound is behind the same queue: silence in its place would shut it out. */
const FILL_BEHIND_PICTURES_MS = FILL_DELAY_MS - HOLD_MS;
/** No path holds sound for longer, and where no picture comes nothing else tells how far the sender is. */
export const LONGEST_FILL_DELAY_MS = 10_000;

/** Milliseconds of the monotonic clock; `newestPictureMs` is when the newest picture that came was taken. */
export const fillableMs = (nowMs: number, newestPictureMs: number): number => {
  const beforeMs = Math.min(nowMs - FILL_DELAY_MS, newestPictureMs - FILL_BEHIND_PICTURES_MS);
  return Math.max(beforeMs, nowMs - LONGEST_FILL_DELAY_MS);
};
