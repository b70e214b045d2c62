/** As which user PostgreSQL runs: it refuses root, and wants to own its files. */
import { lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Undefined: as the user that we are. */
export type RunAs = { uid: number; gid: number } | undefined;

/** `nobody`, by its number: not every image names it. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const isRoot = (): boolean => process.getuid?.() === 0;

/** As root: the owner of the cluster where there is one and it is not root, else nobody. */
export const chooseRunAs = async (clusterDir: string): Promise<RunAs> => {
  if (!isRoot()) return undefined;
  const found = await stat(clusterDir).catch(() => undefined);
  return found === undefined || found.uid === 0 ? NOBODY : { uid: found.uid, gid: found.gid };
};

/** Hands a folder and all in it over; a restored backup belongs to root, and PostgreSQL could not read it. */
export const giveTo = async (directory: string, runAs: RunAs): Promise<void> => {
  if (runAs === undefined) return;
  const entries = await readdir(directory, { recursive: true });
  for (const path of [directory, ...entries.map((entry) => join(directory, entry))]) {
    await lchown(path, runAs.uid, runAs.gid);
  }
};

/**
 * How a process started inside the cluster's folder names that folder. As root it runs as a user who may not pass the folders
 * above (root's home, a data folder of mode 0700), and PostgreSQL makes every relative path absolute. Linux resolves this
 * name straight to the folder, asking no permission above it; each of PostgreSQL's processes stays in the folder.
 */
export const clusterArgument = (clusterDir: string, runAs: RunAs): string =>
  runAs !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : clusterDir;
