/** Where finished files are kept: on disk, or in a bucket. */
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** The first and the last byte, both counted, from 0. */
export type ByteRange = { start: number; end: number };

export type ObjectFacts = {
  sizeBytes: number;
  /** When the object was written, in milliseconds since 1970. */
  modifiedMs: number;
};

export type ListedObject = ObjectFacts & { key: string };

/**
 * A key is `org/app/yyyymmdd/name.ext`: parts of letters, digits, `.`, `_` and `-` with slashes between, none of which begins with a dot.
 * Every method throws StorageError; `badKey` where the key has another form.
 */
export type ObjectStore = {
  /**
   * Moves the file at `path` in, by renaming where the file system allows, else by copying; it is durable when this resolves.
   * An object of the same key is replaced.
   */
  put(path: string, key: string): Promise<void>;
  stat(key: string): Promise<ObjectFacts | undefined>;
  /** Rejects with `notFound` before any byte is read. Who stops reading early destroys the stream. */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /** Where objects are files of this machine: to be read piece by piece, without a stream between. Who asks closes it. */
  openFile?(key: string): Promise<FileHandle>;
  /** A local path for reading, for the compositor. */
  localPath(key: string): Promise<string>;
  /** Durable when it resolves. What is not there counts as removed. */
  remove(key: string): Promise<void>;
  /** Every object, in no order; one that comes or goes meanwhile may be among them or not. */
  list(): AsyncIterable<ListedObject>;
};

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,7}$/;
const LONGEST_KEY = 512;

/** Whether this text has the form of a key. One that has can be joined to a folder without leaving it. */
export const isObjectKey = (text: string): boolean => text.length <= LONGEST_KEY && KEY.test(text);
