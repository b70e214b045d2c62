/**
 * Milliseconds of the monotonic clock, with a fraction: the clock of the media path. It is the same in all processes of a
 * machine, never jumps when the wall clock is set, and starts anew with the machine.
 */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
