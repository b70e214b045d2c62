/** Which process is what, as Linux tells it in /proc; on other systems nothing is known. */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The service that has this data folder: the holder of the lock on it. Reading is no locking: a start is not disturbed. */
export const findService = async (dataDir: string): Promise<number | undefined> => {
  const inode = await stat(join(dataDir, 'lock')).then(
    ({ ino }) => ino,
    () => undefined,
  );
  if (inode === undefined) return undefined;
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  for (const [, pid, heldInode] of locks.matchAll(/^\d+: POSIX +ADVISORY +WRITE (\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm)) {
    if (Number(heldInode) === inode) return Number(pid);
  }
  return undefined;
};

export type PortOwner = { pid: number; parentPid: number; command: string };

/** In the files of /proc/net: TCP sockets that listen, UDP ones that are bound. */
const STATES = { tcp: '0A', udp: '07' } as const;

/** Who has the port, at whatever address. Undefined where nobody has, or the system does not tell us. */
export const findPortOwner = async (protocol: 'tcp' | 'udp', port: number): Promise<PortOwner | undefined> => {
  const sockets = new Set([
    ...(await socketsAt(protocol, `/proc/net/${protocol}`, port)),
    ...(await socketsAt(protocol, `/proc/net/${protocol}6`, port)),
  ]);
  if (sockets.size === 0) return undefined;
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/.test(entry) && (await hasOneOf(entry, sockets))) return await describe(Number(entry));
  }
  return undefined;
};

const socketsAt = async (protocol: 'tcp' | 'udp', path: string, port: number): Promise<string[]> => {
  const rows = (await readFile(path, 'utf8').catch(() => '')).trim().split('\n').slice(1);
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(wanted) && state === STATES[protocol])
    .map((columns) => `socket:[${columns[9]}]`);
};

const hasOneOf = async (pid: string, sockets: ReadonlySet<string>): Promise<boolean> => {
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await readdir(folder).catch(() => [])) {
    if (sockets.has(await readlink(join(folder, descriptor)).catch(() => ''))) return true;
  }
  return false;
};

/** Threads rename themselves (Node's first one does), so that the status file's name says little: the command line says more. */
const describe = async (pid: number): Promise<PortOwner | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').filter(Boolean);
  const [program = '', script = ''] = words.filter((word) => !word.startsWith('-'));
  const command = [basename(program), /^\S+\.\w+$/.test(script) ? basename(script) : ''].join(' ').trim();
  const parentPid = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
  return status === '' ? undefined : { pid, parentPid, command };
};
