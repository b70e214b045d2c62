/**
 * Loaded into every test file's process. `--test-timeout` ends a test that hangs; a file whose tests are over, and which something keeps
 * alive (a server that a failed test left running), would be waited for without end.
 */
import process from 'node:process';

const LIMIT_MS = 360_000;

if (process.argv[1]?.endsWith('.test.ts')) {
  setTimeout(() => {
    const alive = process.getActiveResourcesInfo().join(', ');
    console.error(
      `${process.argv[1]} is not over after ${LIMIT_MS / 1000} s, and is ended. What keeps it alive: ${alive}`,
    );
    process.exit(1);
  }, LIMIT_MS).unref();
}
