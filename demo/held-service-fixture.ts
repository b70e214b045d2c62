/** Runs the demo's service until it is told to end: prints where it is. */
import { join } from 'node:path';
import { withService } from './service.ts';

await withService(join(process.env.TMPDIR ?? '.', 'service.log'), async ({ url }) => {
  process.stdout.write(`${url}\n`);
  await new Promise((resolve) => setInterval(resolve, 2 ** 31 - 1));
});
