/** A cluster as commands find it, which may or may not be run by a service at that moment. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PostgresConnection } from '../postgres-connection.ts';
import { findPlatformPackage, prepareBinaries } from './binaries.ts';
import { CLUSTER_DATABASE, CLUSTER_USER, clusterDirIn } from './cluster.ts';
import { chooseRunAs } from './run-as.ts';
import { openSocketDirectory } from './socket-directory.ts';

/** `directory` is that of EmbeddedPostgres. A cluster that we may not look into counts as one. */
export const hasCluster = (directory: string): Promise<boolean> =>
  stat(join(clusterDirIn(directory), 'PG_VERSION')).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

/** How to reach the one that another process runs in this folder, if one does. Call `close` after the last connection. */
export const openRunning = (directory: string): { connection: PostgresConnection; close(): void } => {
  const socket = openSocketDirectory(clusterDirIn(resolve(directory)));
  const address = { directory: socket.path, user: CLUSTER_USER, database: CLUSTER_DATABASE };
  return { connection: { kind: 'socket', ...address }, close: socket.close };
};

/** Whether this machine can run it, before there is a cluster. Throws an EmbeddedPostgresError. Says which version. */
export const tryBinaries = async (directory: string): Promise<string> => {
  const source = await findPlatformPackage();
  const runAs = await chooseRunAs(clusterDirIn(directory));
  await prepareBinaries(source, runAs, join(directory, 'binaries'));
  return source.version;
};
