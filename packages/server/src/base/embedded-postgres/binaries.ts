/** Finds PostgreSQL's binaries in the npm package for this machine, and makes them runnable. */
import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { RunAs } from './run-as.ts';
import { runProgram } from './run-program.ts';

export type Binaries = {
  /** Holds bin, lib and share. */
  directory: string;
  /** The major version, as in PG_VERSION. */
  majorVersion: string;
};

/** The platform package: its folder, which holds `native`, and its version. */
export type PlatformPackage = { directory: string; version: string };

const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' };

export const findPlatformPackage = async (): Promise<PlatformPackage> => {
  const name = `@embedded-postgres/${PLATFORM_NAMES[process.platform] ?? process.platform}-${process.arch}`;
  try {
    // It is a dependency of the package `embedded-postgres`, and may lie under it.
    const main = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    const directory = dirname(dirname(main));
    const { version } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as { version: string };
    return { directory, version };
  } catch (cause) {
    throw EmbeddedPostgresError.unsupportedMachine(name, cause);
  }
};

/** Where a copy may lie that another user can enter: root's own state, else the folder for temporary files. */
const sharedCopyRoots = (): string[] => ['/var/lib/callreel', join(tmpdir(), `callreel-${process.getuid?.() ?? ''}`)];

/**
 * Binaries that `runAs` can run: those of the package, or a copy where they lie behind a closed folder (a checkout in root's
 * home), may not be executed, or lack links that cannot be made. `ownCopyRoot` is for a copy that only we need to read.
 */
export const prepareBinaries = async (
  source: PlatformPackage,
  runAs: RunAs,
  ownCopyRoot: string,
  copyRoots: readonly string[] = runAs === undefined ? [ownCopyRoot] : sharedCopyRoots(),
): Promise<Binaries> => {
  const inPlace = join(source.directory, 'native');
  await completeLinks(source.directory, source.directory).catch(() => {});
  const problems: string[] = [];
  const problem = await findProblem(inPlace, runAs);
  if (problem === undefined) return { directory: inPlace, majorVersion: majorOf(source) };
  problems.push(`${inPlace}: ${problem}`);
  for (const root of copyRoots) {
    const copy = join(root, `postgres-${source.version}`);
    const copyProblem = await copyTo(source, copy).then(
      () => findProblem(join(copy, 'native'), runAs),
      (error: Error) => error.message,
    );
    if (copyProblem === undefined) return { directory: join(copy, 'native'), majorVersion: majorOf(source) };
    problems.push(`${copy}: ${copyProblem}`);
  }
  throw EmbeddedPostgresError.binariesUnusable(problems);
};

const majorOf = (source: PlatformPackage): string => source.version.split('.')[0] ?? '';

/** Tries them as that user: permissions, access lists, missing libraries and a foreign C library all show. */
const findProblem = async (native: string, runAs: RunAs): Promise<string | undefined> => {
  for (const program of ['postgres', 'initdb']) {
    const { succeeded, output } = await runProgram(join(native, 'bin', program), ['--version'], { cwd: '/', runAs });
    if (!succeeded) return output.trim() || `${program} cannot be run`;
  }
  return undefined;
};

type Link = { source: string; target: string };

/** npm packages cannot hold links; an install script makes them, where scripts may run. */
const completeLinks = async (packageDir: string, into: string): Promise<void> => {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as Link[]) {
    const exists = await lstat(join(into, target)).catch(() => undefined);
    if (exists === undefined) await symlink(relative(dirname(target), source), join(into, target));
  }
};

const copyTo = async (source: PlatformPackage, copy: string): Promise<void> => {
  const root = dirname(copy);
  await makeOwnFolder(root);
  if (await isWholeCopy(source.directory, copy)) return;
  const fresh = `${copy}.${randomBytes(6).toString('hex')}`;
  try {
    await cp(join(source.directory, 'native'), join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
    await completeLinks(source.directory, fresh);
    await openToReaders(fresh);
    await replaceFolder(fresh, copy, () => isWholeCopy(source.directory, copy));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
};

/** Another process may have made the same copy meanwhile: then its is as good. */
const replaceFolder = async (fresh: string, target: string, isWhole: () => Promise<boolean>): Promise<void> => {
  const renamed = await rename(fresh, target).then(
    () => true,
    () => false,
  );
  if (renamed || (await isWhole())) return;
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
};

/** In a folder that all may write, someone else may have put one of this name there first: its binaries are not run. */
const makeOwnFolder = async (directory: string): Promise<void> => {
  const made = await mkdir(directory, { recursive: true, mode: 0o755 });
  if (made !== undefined) await chmod(directory, 0o755);
  const found = await lstat(directory);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  if (!isOurs) throw new Error('the folder is not ours alone to write');
};

/** By names and sizes: a power loss soon after the copying can leave empty files. */
const isWholeCopy = async (packageDir: string, copy: string): Promise<boolean> => {
  const native = join(packageDir, 'native');
  for (const entry of await readdir(native, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const [original, copied] = await Promise.all([
      stat(path),
      stat(join(copy, relative(packageDir, path))).catch(() => undefined),
    ]);
    if (copied?.size !== original.size) return false;
  }
  return true;
};

/** An install under a umask of 077 makes files that only their owner may read. */
const openToReaders = async (directory: string): Promise<void> => {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, entry.parentPath.endsWith('/bin') ? 0o755 : 0o644);
  }
};
