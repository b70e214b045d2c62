/** `npm run bench -- <name> [options]`: runs bench/<name>.ts, which prints a table and what it compares with. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = globSync('*.ts', { cwd: folder })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run')
  .sort();

const [name, ...options] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- <name> [options]\nThere are: ${names.join(', ')}`);
  process.exitCode = 1;
} else {
  const { run } = (await import(`./${name}.ts`)) as { run: (options: readonly string[]) => Promise<void> };
  await run(options);
}
