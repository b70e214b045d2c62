/**
 * `npm test`: the checks, then every test. `npm test -- tests/api` runs only the tests whose path begins so, without the checks.
 *
 * Unit tests, and those that only speak HTTP, run two files at a time; the others under tests/ hold real calls that keep real time, and run one
 * by one.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runChecks } from './check.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const prefixes = process.argv.slice(2);

/** For one file: a test that hangs fails instead of taking the whole run with it. */
const LIMIT_MS = 300_000;

const testFiles = (pattern: string): string[] =>
  globSync(pattern, { cwd: root })
    .filter((path) => prefixes.length === 0 || prefixes.some((prefix) => path.startsWith(prefix)))
    .sort();

const runTests = (files: string[], concurrency: number): boolean => {
  if (files.length === 0) return true;
  const args = [
    '--import',
    './scripts/test-limit.ts',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${LIMIT_MS}`,
    '--test-reporter=spec',
    ...files,
  ];
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
};

const checksPassed = prefixes.length > 0 || runChecks();
const unitsPassed = runTests(testFiles('{packages/*/src,tests/{api,cli,docs,security}}/**/*.test.ts'), 2);
const wholesPassed = runTests(
  testFiles('{tests,demo}/**/*.test.ts').filter((path) => !/^tests\/(?:api|cli|docs|security)\//.test(path)),
  1,
);
if (!checksPassed) console.error('\nThe checks at the top failed: see there.');
process.exitCode = checksPassed && unitsPassed && wholesPassed ? 0 : 1;
