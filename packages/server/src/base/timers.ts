/** Takes back what was to run later. Harmless once it ran. */
export type Cancel = () => void;

/** What runs things later. Tests have one of their own, with a clock that they move. */
export type Timers = {
  after(delayMs: number, run: () => void): Cancel;
};

export const systemTimers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves when the work is over, however it ended, or when the time is up. */
export const overWithin = async (timers: Timers, limitMs: number, work: Promise<unknown>): Promise<void> => {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(limitMs, resolve);
  void work.catch(() => {}).then(() => resolve());
  await over;
  cancel();
};

/** What the work gives; undefined where it fails, or is not done when the time is up. */
export const answeredWithin = async <Result>(
  timers: Timers,
  limitMs: number,
  work: Promise<Result>,
): Promise<Result | undefined> => {
  let result: Result | undefined;
  const kept = work.then((answer) => {
    result = answer;
  });
  await overWithin(timers, limitMs, kept);
  return result;
};
