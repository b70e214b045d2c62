/**
 * A lock on a folder that the system lets go of when its holder dies, however it dies, and that holds between containers that
 * share the folder. Node has no flock; SQLite takes such a lock (fcntl) on its file, so that an empty database serves as one.
 * Its like made of pid files fails on both counts: pids are reused, and mean nothing in another container.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** That of the service the folder belongs to. */
const SERVICE_LOCK = 'lock';
const SQLITE_BUSY = 5;

export type DirectoryLock = { release(): void };

/** The folder is in use by another process, or by this one. */
export class DirectoryLockError extends Error {
  override readonly name = 'DirectoryLockError';
  readonly reason: 'inUse' | 'impossible';

  private constructor(reason: 'inUse' | 'impossible', message: string, cause: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  static inUse(directory: string, cause: unknown): DirectoryLockError {
    return new DirectoryLockError('inUse', `${directory} is in use by another running service`, cause);
  }

  static impossible(directory: string, cause: unknown): DirectoryLockError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new DirectoryLockError('impossible', `${directory} cannot be locked: ${why}`, cause);
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;

/**
 * Locks a folder that exists, until `release` or the end of this process. Locks of other names in it do not touch each other.
 * Throws a DirectoryLockError.
 */
export const lockDirectory = (directory: string, name = SERVICE_LOCK): DirectoryLock => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(directory, name));
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw isBusy(error) ? DirectoryLockError.inUse(directory, error) : DirectoryLockError.impossible(directory, error);
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
};
