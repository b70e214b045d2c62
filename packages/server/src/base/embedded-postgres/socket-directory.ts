/** By which path clients name the folder of the socket. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** The system's limit on a socket's path, less the terminating zero. */
const PATH_LIMIT_BYTES = process.platform === 'linux' ? 107 : 103;
const SOCKET_NAME = '.s.PGSQL.5432';

export type SocketDirectory = { path: string; close(): void };

const fits = (directory: string): boolean => Buffer.byteLength(join(directory, SOCKET_NAME)) <= PATH_LIMIT_BYTES;

/** Linux names an open folder shortly, however long its path is; the name holds in this process until `close`. */
export const openSocketDirectory = (directory: string): SocketDirectory => {
  if (fits(directory)) return { path: directory, close: () => {} };
  if (process.platform !== 'linux') throw EmbeddedPostgresError.pathTooLong(join(directory, SOCKET_NAME));
  let open: number | undefined = openSync(directory, 'r');
  return {
    path: `/proc/self/fd/${open}`,
    close: () => {
      if (open !== undefined) closeSync(open);
      open = undefined;
    },
  };
};
