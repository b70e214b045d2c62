/** Milliseconds of the monotonic clock, the same in all processes of a machine. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Fixed once, so that every caller of this process reports by one clock, and no step of the wall clock tears it. */
const WALL_OFFSET_MS = Date.now() - nowMs();

/** The same moment in milliseconds since 1970. */
export const toWallMs = (monotonicMs: number): number => monotonicMs + WALL_OFFSET_MS;
