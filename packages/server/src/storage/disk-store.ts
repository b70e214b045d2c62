/** Finished files in a folder of this machine. */
import { constants, type Dir } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { type ByteRange, isObjectKey, type ListedObject, type ObjectFacts, type ObjectStore } from './object-store.ts';
import { StorageError } from './storage-error.ts';

const FOLDER_MODE = 0o700;

export class DiskStore implements ObjectStore {
  readonly #root: string;

  /** The folder is made when the first object comes. */
  constructor(root: string) {
    this.#root = resolve(root);
  }

  put(path: string, key: string): Promise<void> {
    return this.#reach(key, async (target) => {
      await this.#makeFolders(dirname(target));
      await flush(path);
      await moveFile(path, target);
      await flush(dirname(target));
    });
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    try {
      return await this.#reach(key, async (target) => {
        const found = await stat(target);
        return found.isFile() ? { sizeBytes: found.size, modifiedMs: found.mtimeMs } : undefined;
      });
    } catch (error) {
      if (error instanceof StorageError && error.reason === 'notFound') return undefined;
      throw error;
    }
  }

  open(key: string, range?: ByteRange): Promise<Readable> {
    return this.#reach(key, async (target) => (await open(target)).createReadStream(range));
  }

  openFile(key: string): Promise<FileHandle> {
    return this.#reach(key, (target) => open(target));
  }

  async localPath(key: string): Promise<string> {
    return this.#pathOf(key);
  }

  async remove(key: string): Promise<void> {
    if ((await this.stat(key)) === undefined) return;
    await this.#reach(key, async (target) => {
      await rm(target, { force: true });
      await flush(dirname(target));
    });
  }

  async *list(): AsyncGenerator<ListedObject> {
    for await (const path of filesIn(this.#root)) {
      const key = relative(this.#root, path).replaceAll(sep, '/');
      // Gone since it was found, or nothing of ours.
      const facts = isObjectKey(key) ? await this.stat(key) : undefined;
      if (facts) yield { key, ...facts };
    }
  }

  #pathOf(key: string): string {
    if (!isObjectKey(key)) throw StorageError.badKey(key);
    return join(this.#root, key);
  }

  async #reach<Result>(key: string, work: (target: string) => Promise<Result>): Promise<Result> {
    const target = this.#pathOf(key);
    try {
      return await work(target);
    } catch (error) {
      throw asStorageError(error, key);
    }
  }

  /** A new folder is durable once the one that holds it is flushed. */
  async #makeFolders(folder: string): Promise<void> {
    const firstMade = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    if (firstMade === undefined) return;
    for (let made = folder; made.length >= firstMade.length; made = dirname(made)) await flush(dirname(made));
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const asStorageError = (error: unknown, key: string): StorageError => {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return StorageError.notFound(key, error);
    case 'ENOSPC':
    case 'EDQUOT':
      return StorageError.full(key, error);
    default:
      return StorageError.failed(key, error);
  }
};

/** Of a file: its bytes; of a folder: its names (rename and create are durable only then, see fsync(2)). */
const flush = async (path: string): Promise<void> => {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Of a folder and those in it; none where there is no such folder. */
async function* filesIn(folder: string): AsyncGenerator<string> {
  let entries: Dir;
  try {
    entries = await opendir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw asStorageError(error, folder);
  }
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

const moveFile = async (from: string, to: string): Promise<void> => {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await copyAcross(from, to);
  }
};

/** To another file system: under a passing name first, so that the key never shows half a file. */
const copyAcross = async (from: string, to: string): Promise<void> => {
  const passing = `${to}.part`;
  try {
    await copyFile(from, passing, constants.COPYFILE_FICLONE);
    await flush(passing);
    await rename(passing, to);
  } catch (error) {
    await rm(passing, { force: true });
    throw error;
  }
  await rm(from, { force: true });
};
