/** The disk as the recorders of one process share it. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';

/** One open file of the spool. */
export type SpoolFile = {
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Safe from a power failure when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

/** How files are made: replaced in tests by disks that are slow, full or gone. */
export type SpoolPort = {
  makeFolder(path: string): Promise<void>;
  create(path: string): Promise<SpoolFile>;
};

const writeAll = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let done = 0;
  while (done < bytes.length) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
};

export const localPort: SpoolPort = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async create(path) {
    const handle = await open(path, 'wx', 0o600);
    return {
      write: (bytes, position) => writeAll(handle, bytes, position),
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  },
};

export type SpoolDiskOptions = { port?: SpoolPort; maxWaitingBytes?: number };

/** What all recorders of a process may have waiting for the disk together. */
const DEFAULT_MAX_WAITING_BYTES = 256 * 2 ** 20;

/**
 * Keeps one `fdatasync` under way at a time: they block one of libuv's four threads each, which all writes share, and an ordinary
 * disk does far fewer of them a second than there are recordings. Counts what waits, over all files.
 */
export class SpoolDisk {
  readonly port: SpoolPort;
  readonly #maxWaitingBytes: number;
  #waitingBytes = 0;
  #syncs: Promise<unknown> = Promise.resolve();

  constructor(options: SpoolDiskOptions = {}) {
    this.port = options.port ?? localPort;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? DEFAULT_MAX_WAITING_BYTES;
  }

  get isCrowded(): boolean {
    return this.#waitingBytes > this.#maxWaitingBytes;
  }

  /** Counts bytes as waiting, or with a negative number as written. */
  count(bytes: number): void {
    this.#waitingBytes += bytes;
  }

  /** Runs `work`, which syncs, after all that were asked for before. */
  sync(work: () => Promise<void>): Promise<void> {
    const done = this.#syncs.then(work);
    this.#syncs = done.catch(() => undefined);
    return done;
  }
}

/** The one that recorders share unless they are given another. */
export const processDisk = new SpoolDisk();
