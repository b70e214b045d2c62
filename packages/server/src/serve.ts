/** Runs the service until it is told to stop: what `npm start` and `callreel serve` do. */
import { type App, startApp } from './app.ts';
import { describeConfig, readConfig } from './base/config.ts';
import { createLogger, type Logger } from './base/log.ts';
import { nowMs } from './base/monotonic-clock.ts';
import { explainFailure, greet } from './greeting.ts';

/** Exit code for settings or surroundings that a person has to mend. */
const EXIT_CANNOT_START = 1;

/** One Ctrl-C comes twice: from the terminal, and passed on by npm. Later ones are from somebody who will not wait. */
const SAME_REQUEST_MS = 1000;

/** Also while it still starts: what was started by then is stopped. */
const stopOnSignals = (starting: Promise<App>): void => {
  let askedAtMs: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (askedAtMs !== undefined) {
        if (nowMs() - askedAtMs > SAME_REQUEST_MS) process.exit(EXIT_CANNOT_START);
        return;
      }
      askedAtMs = nowMs();
      process.stderr.write('Stopping; files being recorded are closed first.\n');
      starting
        .then((app) => app.stop())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            process.stderr.write(`${explainFailure(error)}\n`);
            process.exit(EXIT_CANNOT_START);
          },
        );
    });
  }
};

/** A fault that nobody foresaw in one corner does not end the calls in the others. */
const logUnhandled = (log: Logger): void => {
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'a fault that was not foreseen; the service goes on'),
  );
};

/** Resolves when the service takes calls; the process ends when it has stopped, or here where it cannot start. */
export const serve = async (env: NodeJS.ProcessEnv): Promise<void> => {
  try {
    const config = readConfig(env);
    const log = createLogger(config.logLevel);
    logUnhandled(log);
    log.info({ settings: describeConfig(config) }, 'starting');
    const starting = startApp(config, log);
    stopOnSignals(starting);
    process.stdout.write(greet(await starting));
  } catch (error) {
    process.stderr.write(`${explainFailure(error)}\n`);
    process.exit(EXIT_CANNOT_START);
  }
};
