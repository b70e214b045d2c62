/** A file that says which process writes a recording, so that nobody finishes it under its hands. Gone once it is closed. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MARK_FILE = 'writer';

/** A process, told from a later one with the same number. */
type WriterMark = { processId: number; startTicks: string; bootId: string };

const readOrEmpty = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Where there is no `/proc` the number alone must do. */
const markOf = async (processId: number): Promise<WriterMark> => {
  const stat = await readOrEmpty(`/proc/${processId}/stat`);
  // proc(5): field 22, counted behind the command's name, which may hold spaces and brackets.
  const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return { processId, startTicks, bootId: (await readOrEmpty('/proc/sys/kernel/random/boot_id')).trim() };
};

const exists = (processId: number): boolean => {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** Marks the recording in this folder as written by this process. */
export const markWriter = async (folder: string): Promise<void> => {
  await writeFile(join(folder, MARK_FILE), JSON.stringify(await markOf(process.pid)), { mode: 0o600 });
};

export const unmarkWriter = (folder: string): Promise<void> => rm(join(folder, MARK_FILE), { force: true });

/** The process that writes the recording in this folder; undefined where it closed it, or is dead. */
export const livingWriter = async (folder: string): Promise<number | undefined> => {
  const mark = parseMark(await readOrEmpty(join(folder, MARK_FILE)));
  if (mark === undefined || !exists(mark.processId)) return undefined;
  const now = await markOf(mark.processId);
  return now.startTicks === mark.startTicks && now.bootId === mark.bootId ? mark.processId : undefined;
};

/** Whether a process began to write the recording in this folder and did not close it; one that closed it has taken its mark away. */
export const hasWriterMark = async (folder: string): Promise<boolean> =>
  (await readOrEmpty(join(folder, MARK_FILE))) !== '';

/** A torn mark is that of a dead process: it is written before anything else. */
const parseMark = (text: string): WriterMark | undefined => {
  try {
    const mark: WriterMark | null = JSON.parse(text);
    return Number.isSafeInteger(mark?.processId) ? (mark as WriterMark) : undefined;
  } catch {
    return undefined;
  }
};
