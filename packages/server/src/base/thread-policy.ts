/** How Linux schedules single threads of this process. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Of util-linux, which every Debian has; others may not. */
const CHRT_PATHS = ['/usr/bin/chrt', '/bin/chrt'];
const TASKS = '/proc/self/task';

const nameOf = (task: string): Promise<string> =>
  readFile(`${TASKS}/${task}/comm`, 'utf8').then(
    (text) => text.trim(),
    // Ended since the folder was read.
    () => '',
  );

/**
 * Puts this process's threads of that name under SCHED_BATCH (sched(7)): when woken they do not cut in on the thread that woke
 * them. Answers how many were; 0 where the system knows no such thing.
 */
export const batchThreads = async (name: string): Promise<number> => {
  const chrt = CHRT_PATHS.find((path) => existsSync(path));
  if (chrt === undefined || !existsSync(TASKS)) return 0;
  const tasks = await readdir(TASKS);
  const names = await Promise.all(tasks.map(nameOf));
  const named = tasks.filter((_, index) => names[index] === name);
  const done = await Promise.allSettled(named.map((task) => run(chrt, ['--batch', '--pid', '0', task])));
  return done.filter(({ status }) => status === 'fulfilled').length;
};
