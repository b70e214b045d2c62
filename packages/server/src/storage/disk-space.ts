/** Whether there is room for more recordings. */
import { statfs } from 'node:fs/promises';

/** With less than this a node is not ready: what runs can still be finished, but nothing new should come. */
export const LEAST_FREE_BYTES = 256 * 1024 * 1024;

/** What an ordinary user may still write there. */
export const freeBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};
