/** `npm start`: runs the service until it is told to stop. */

import { type App, startApp } from './app.ts';
import { readConfig } from './base/config.ts';
import { createLogger } from './base/log.ts';
import { explainFailure, greet } from './greeting.ts';

/** Exit code for settings or surroundings that a person has to mend. */
const EXIT_CANNOT_START = 1;

const stopOnSignals = (app: App): void => {
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(EXIT_CANNOT_START);
      asked = true;
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

try {
  const config = readConfig(process.env);
  const app = await startApp(config, createLogger(config.logLevel));
  stopOnSignals(app);
  process.stdout.write(greet(app));
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exit(EXIT_CANNOT_START);
}
