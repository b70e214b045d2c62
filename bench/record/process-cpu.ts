/** CPU time of another process, all its threads together. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export type CpuTime = { userSeconds: number; systemSeconds: number };

let ticksPerSecond: number | undefined;

const clockTicks = (): number => {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticksPerSecond;
};

/** From /proc/<pid>/stat: fields 14 and 15, counted after the command's name, which may itself hold spaces and brackets. */
export const cpuTimeOf = (pid: number): CpuTime => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (index: number): number => Number(fields[index]) / clockTicks();
  return { userSeconds: seconds(11), systemSeconds: seconds(12) };
};

export const residentMegabytesOf = (pid: number): number => {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) / 1024;
};
