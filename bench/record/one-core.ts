/** Keeps what is measured on one processor, and who measures it on the others (util-linux's `taskset`, which every Debian has). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const bind = (pid: number, processors: string): void => {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', processors, String(pid)], { stdio: 'ignore' });
};

/** Threads that are made later have it from those that make them. */
export const keepOnOneCore = (pid: number): void => {
  const last = availableParallelism() - 1;
  if (last < 1) throw new Error('one processor is not enough: the senders need another');
  bind(process.pid, `0-${last - 1}`);
  bind(pid, String(last));
};

/** Datagrams that came to the port and found its buffer full (the last column of /proc/net/udp). */
export const droppedAt = (port: number): number => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1);
  const ours = rows.map((row) => row.trim().split(/\s+/)).filter(([, local]) => local?.endsWith(`:${hex}`));
  return ours.reduce((sum, columns) => sum + Number(columns.at(-1)), 0);
};
