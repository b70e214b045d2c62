/** The data folder: whose it is, who may look in, how much room there is, and how fast its disk is. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nowMs } from '../../base/monotonic-clock.ts';
import { freeBytes, LEAST_FREE_BYTES } from '../../storage/disk-space.ts';
import type { Circumstances } from './circumstances.ts';
import { ok, problem, type Seen, size, warning } from './finding.ts';

const GIB = 1024 ** 3;
/** An hour of 720p takes at most 1.1 GB. */
const GOOD_FREE_BYTES = 5 * GIB;
const WRITES = 15;
const WRITE_BYTES = 4096;
/** Each listing waits for the disk a few times, and each file every 5 s. */
const SLOW_WRITE_MS = 50;

/** File systems on which data are lost with the machine, or locks and fsync are not to be relied on (statfs(2)). */
const DOUBTFUL_SYSTEMS: Readonly<Record<number, string>> = {
  16914836: 'tmpfs, which is memory',
  26985: 'NFS, which a database should not be on',
  4283649346: 'CIFS, which a database should not be on',
};

export const checkData = async ({ config: { dataDir } }: Circumstances): Promise<Seen[]> => {
  const found = await stat(dataDir).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error && found.code !== 'ENOENT') {
    return [problem(`${dataDir} cannot be looked at (${found.code})`, "run the doctor as the service's user")];
  }
  if (found instanceof Error) return await checkFuture(dataDir);
  if (!found.isDirectory()) return [problem(`${dataDir} is no folder`, 'set CALLREEL_DATA_DIR to one')];
  const writes = await checkWriting(dataDir);
  return [...writes, await checkRoom(dataDir), ...(await checkModes(dataDir)), ...(await checkSystem(dataDir))];
};

const nearestFolder = async (path: string): Promise<string> => {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || path === dirname(path) ? path : await nearestFolder(dirname(path));
};

const checkFuture = async (dataDir: string): Promise<Seen[]> => {
  const parent = await nearestFolder(dataDir);
  const writable = await access(parent, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    return [
      problem(`${dataDir} is not there, and we may not make it in ${parent}`, 'make it, owned by this user, mode 0700'),
    ];
  }
  return [
    ok(`${dataDir} is not there yet: the first start makes it`),
    await checkRoom(parent),
    ...(await checkSystem(parent)),
  ];
};

const checkRoom = async (folder: string): Promise<Seen> => {
  const free = await freeBytes(folder);
  const text = `${size(free)} are free for ${folder}`;
  const advice = 'make room, or set CALLREEL_DATA_DIR to a larger disk: an hour of 720p takes up to 1.1 GB';
  if (free < LEAST_FREE_BYTES) return problem(`${text}: new calls are refused`, advice);
  return free < GOOD_FREE_BYTES ? warning(text, advice) : ok(text);
};

const checkSystem = async (folder: string): Promise<Seen[]> => {
  const doubt = DOUBTFUL_SYSTEMS[(await statfs(folder)).type >>> 0];
  return doubt === undefined ? [] : [warning(`${folder} is on ${doubt}`, 'set CALLREEL_DATA_DIR to a local disk')];
};

const checkWriting = async (dataDir: string): Promise<Seen[]> => {
  try {
    const medianMs = await measureWrites(join(dataDir, `doctor-${randomBytes(6).toString('hex')}`));
    const text = `writing to ${dataDir} reaches the disk in ${medianMs.toFixed(1)} ms`;
    const advice = 'use a faster disk: files are listed and calls are answered as fast as it lets them';
    return [medianMs > SLOW_WRITE_MS ? warning(text, advice) : ok(text)];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return [problem(`${dataDir} cannot be written (${code})`, "run as the folder's owner, or set CALLREEL_DATA_DIR")];
  }
};

/** The median of some small writes, each waited for. */
const measureWrites = async (path: string): Promise<number> => {
  const file = await open(path, 'wx', 0o600);
  try {
    const timesMs: number[] = [];
    for (let i = 0; i < WRITES; i++) {
      const startMs = nowMs();
      await file.write(new Uint8Array(WRITE_BYTES));
      await file.datasync();
      timesMs.push(nowMs() - startMs);
    }
    return timesMs.sort((a, b) => a - b)[Math.floor(WRITES / 2)] ?? 0;
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
};

const OTHERS = 0o077;

/** The folder itself may be open: what is in it is closed by itself. */
const checkModes = async (dataDir: string): Promise<Seen[]> => {
  const seen: Seen[] = [];
  for (const name of ['', 'postgres', 'spool', 'recordings']) {
    const folder = join(dataDir, name);
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined || (found.mode & OTHERS) === 0 || process.platform === 'win32') continue;
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    const tell = name === '' ? warning : problem;
    seen.push(tell(`${folder} is open to others (mode ${mode})`, `run: chmod 700 ${folder}`));
  }
  const owner = (await stat(dataDir)).uid;
  const ours = process.getuid?.();
  if (ours !== undefined && owner !== ours) {
    seen.push(
      warning(
        `${dataDir} belongs to user ${owner}, and we are ${ours}`,
        'run the service and its commands as one user',
      ),
    );
  }
  return seen.length > 0 ? seen : [ok('the folders are for their owner alone')];
};
