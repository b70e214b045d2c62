/** `performance.now()` counts from the process's start; this is where that was. */
const PROCESS_START_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/**
 * Milliseconds of the monotonic clock, with a fraction: the clock of the media path. It is the same in all processes of a
 * machine, never jumps when the wall clock is set, and starts anew with the machine. Asked for each packet: it makes no bigint.
 */
export const nowMs = (): number => PROCESS_START_MS + performance.now();
