/** Runs the service until it is told to stop: what `npm start` and `callreel serve` do. */
import { type App, startApp } from './app.ts';
import { describeConfig, readConfig } from './base/config.ts';
import { createLogger } from './base/log.ts';
import { nowMs } from './base/monotonic-clock.ts';
import { explainFailure, greet } from './greeting.ts';

/** Exit code for settings or surroundings that a person has to mend. */
const EXIT_CANNOT_START = 1;

/** One Ctrl-C comes twice: from the terminal, and passed on by npm. Later ones are from somebody who will not wait. */
const SAME_REQUEST_MS = 1000;

const stopOnSignals = (app: App): void => {
  let askedAtMs: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (askedAtMs !== undefined) {
        if (nowMs() - askedAtMs > SAME_REQUEST_MS) process.exit(EXIT_CANNOT_START);
        return;
      }
      askedAtMs = nowMs();
      app.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`${explainFailure(error)}\n`);
          process.exit(EXIT_CANNOT_START);
        },
      );
    });
  }
};

/** Resolves when the service takes calls; the process ends when it has stopped, or here where it cannot start. */
export const serve = async (env: NodeJS.ProcessEnv): Promise<void> => {
  try {
    const config = readConfig(env);
    const log = createLogger(config.logLevel);
    log.info({ settings: describeConfig(config) }, 'starting');
    const app = await startApp(config, log);
    stopOnSignals(app);
    process.stdout.write(greet(app));
  } catch (error) {
    process.stderr.write(`${explainFailure(error)}\n`);
    process.exit(EXIT_CANNOT_START);
  }
};
