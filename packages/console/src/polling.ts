/** Runs `step` now and then again and again, `everyMs` after the last run ended, until it answers 'done' or `signal` aborts. */
export const poll = async (
  everyMs: number,
  signal: AbortSignal,
  step: () => Promise<'again' | 'done'>,
): Promise<void> => {
  while (!signal.aborted) {
    if ((await step()) === 'done') return;
    await pause(everyMs, signal);
  }
};

const pause = (durationMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
