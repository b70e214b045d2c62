/** Folders that are for the service's user alone. */
import { chmod, mkdir, stat } from 'node:fs/promises';

const OTHERS = 0o077;

/** Makes it, with those above it; one that others may enter, as after a backup was restored, is closed to them. */
export const makePrivateFolder = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (await isOpenToOthers(path)) await chmod(path, 0o700);
};

/** Says nothing on Windows, where the mode is none. */
export const isOpenToOthers = async (path: string): Promise<boolean> =>
  process.platform !== 'win32' && ((await stat(path)).mode & OTHERS) !== 0;
