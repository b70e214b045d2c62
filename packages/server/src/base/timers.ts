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
