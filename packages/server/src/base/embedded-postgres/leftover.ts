/** A PostgreSQL that outlived the service that started it, which was killed. */
import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Logger } from '../log.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** Signals in order, with how long each is given: PostgreSQL's fast and immediate shutdown. */
const STOP_STEPS = [
  { signal: 'SIGINT', limitMs: 30_000 },
  { signal: 'SIGQUIT', limitMs: 10_000 },
] as const;
const POLL_MS = 20;

/**
 * Stops it cleanly rather than taking it over: a process that is not our child cannot be watched. Needs the lock on the
 * folder above, which says that the service it belonged to is gone.
 */
export const stopLeftover = async (clusterDir: string, log: Logger): Promise<void> => {
  const pidFile = join(clusterDir, 'postmaster.pid');
  const pid = parsePid(await readFile(pidFile, 'utf8').catch(() => ''));
  // A dead one's file stays: by the shared memory named in it, PostgreSQL sees whether backends of it are still at work.
  if (pid === undefined || !isAlive(pid)) return;
  if (!(await isPostmasterOf(pid, clusterDir))) return await rm(pidFile, { force: true });
  log.warn({ pid }, 'stopping a PostgreSQL left over from an earlier run');
  for (const { signal, limitMs } of STOP_STEPS) {
    kill(pid, signal);
    if (await isGoneWithin(limitMs, pid, clusterDir)) return;
  }
  throw EmbeddedPostgresError.leftoverStuck(pid);
};

/** Its first line, where that is a process's number. */
const parsePid = (pidFile: string): number | undefined => {
  const pid = Number.parseInt(pidFile, 10);
  return pid > 1 ? pid : undefined;
};

const kill = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const isAlive = (pid: number): boolean => kill(pid, 0);

/** Not by whether the number is taken: a process that ended keeps it until its parent, now the system's first, asks for it. */
const isGoneWithin = async (limitMs: number, pid: number, clusterDir: string): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    if (!(await isPostmasterOf(pid, clusterDir))) return true;
    await sleep(POLL_MS);
  }
  return false;
};

/** The number may be another program's by now, as after a restart of the machine or of a container. */
const isPostmasterOf = async (pid: number, clusterDir: string): Promise<boolean> => {
  if (process.platform !== 'linux') return await isNamedPostgres(pid);
  try {
    const [program, folder] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)]);
    // An update of the package deletes the file under it.
    return /^postgres( \(deleted\))?$/.test(basename(program)) && folder === (await realpath(clusterDir));
  } catch {
    return false;
  }
};

const isNamedPostgres = async (pid: number): Promise<boolean> => {
  const listed = await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)]).catch(() => undefined);
  return listed !== undefined && basename(listed.stdout.trim()) === 'postgres';
};
