/** The folder with the database's files: made on the first start, checked on every one. */
import { chmod, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { clusterArgument, giveTo, type RunAs } from './run-as.ts';
import { runProgram } from './run-program.ts';

/** The database's superuser, and its only one. */
export const CLUSTER_USER = 'callreel';
/** initdb makes it. */
export const CLUSTER_DATABASE = 'postgres';

/** Where it lies in the folder of an EmbeddedPostgres. */
export const clusterDirIn = (directory: string): string => join(directory, 'cluster');

/** `durable` false leaves out waiting for the disk: for databases that are thrown away. */
export type ClusterOptions = { clusterDir: string; binaries: Binaries; runAs: RunAs; durable: boolean };

/** Makes the cluster where there is none. Needs the lock on the folder above it. */
export const prepareCluster = async (options: ClusterOptions): Promise<void> => {
  const { clusterDir, binaries, runAs } = options;
  const found = await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (found === undefined) return await initCluster(options);
  const version = found.trim();
  if (version !== binaries.majorVersion) {
    throw EmbeddedPostgresError.otherVersion(clusterDir, version, binaries.majorVersion);
  }
  if (runAs !== undefined && (await stat(clusterDir)).uid !== runAs.uid) await giveTo(clusterDir, runAs);
};

/** Under another name until it is whole, so that a start that is killed leaves nothing half made. */
const initCluster = async (options: ClusterOptions): Promise<void> => {
  const { clusterDir, binaries, runAs, durable } = options;
  const fresh = `${clusterDir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  await chmod(fresh, 0o700);
  await giveTo(fresh, runAs);
  const { succeeded, output } = await runProgram(
    join(binaries.directory, 'bin', 'initdb'),
    [
      ...['-D', clusterArgument(fresh, runAs), '-U', CLUSTER_USER, '--auth=trust', '--no-instructions'],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=libc'],
      ...(durable ? [] : ['--no-sync']),
    ],
    { cwd: fresh, runAs },
  );
  if (!succeeded) throw EmbeddedPostgresError.initFailed(output);
  await rename(fresh, clusterDir);
};
