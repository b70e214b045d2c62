/** `callreel …` */
import { run } from './run.ts';

/** As shells count those that end a program. */
const EXIT_BY_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const words = process.argv.slice(2);

/** A database that was started for the command goes with it, which hangs on an orderly exit. The service has its own way to stop. */
const exitOnSignals = (): void => {
  for (const [signal, code] of Object.entries(EXIT_BY_SIGNAL)) process.on(signal, () => process.exit(code));
};

if (words[0] !== 'serve') exitOnSignals();
const { stdout, stderr, exitCode } = await run(words, process.env);
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = exitCode;
