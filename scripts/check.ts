/** `npm run check`: lint, format, arrows and cycles (Biome), then types (TypeScript). Each runs even if another failed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const CHECKS: { name: string; command: [string, ...string[]] }[] = [
  {
    name: 'lint, format, arrows, cycles',
    command: ['biome', 'ci', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.'],
  },
  { name: 'types', command: ['tsc', '-p', '.'] },
];

/** Runs every check and says whether all passed. */
export const runChecks = (): boolean => {
  const failed = CHECKS.filter(({ name, command: [tool, ...args] }) => {
    console.log(`\n== ${name}: ${tool} ${args.join(' ')}`);
    return spawnSync(`${root}node_modules/.bin/${tool}`, args, { cwd: root, stdio: 'inherit' }).status !== 0;
  });
  for (const { name } of failed) console.error(`Failed: ${name}`);
  return failed.length === 0;
};

if (import.meta.main) process.exitCode = runChecks() ? 0 : 1;
