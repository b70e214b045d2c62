/** The runtime, the memory and the kernel's limits. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { ok, problem, type Seen, size, warning } from './finding.ts';

/** The first that runs .ts files as they are without a flag and without a warning of ours to hide but SQLite's. */
const LEAST_NODE_MAJOR = 24;

export const checkNode = async (): Promise<Seen[]> => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= LEAST_NODE_MAJOR) return [ok(`Node ${process.versions.node}`)];
  return [
    problem(`Node ${process.versions.node} is too old`, 'run: npm ci, which installs the Node that belongs to it'),
  ];
};

const MIB = 1024 * 1024;
/** Server, one media process and the database take about 300 MB together; a merge 200 MB more. */
const LEAST_MEMORY_BYTES = 256 * MIB;
const GOOD_MEMORY_BYTES = 768 * MIB;

export const checkMemory = async (): Promise<Seen[]> => {
  const available = process.availableMemory();
  const limit = process.constrainedMemory();
  const total = limit > 0 && limit < totalmem() ? limit : totalmem();
  const text = `${size(available)} of ${size(total)} are available`;
  const advice = 'give the machine or container more; a merge takes about 200 MB for as long as it runs';
  if (available < LEAST_MEMORY_BYTES) return [problem(text, advice)];
  return [available < GOOD_MEMORY_BYTES ? warning(text, advice) : ok(text)];
};

/** What libjuice asks for. The system gives less in silence where its limit is lower. */
const WANTED_BUFFER_BYTES = MIB;

export const checkBuffers = async (): Promise<Seen[]> => {
  const granted = await grantedBufferBytes();
  const lost = await datagramsLost();
  const since = lost ? `; ${lost} datagrams were lost for want of room since the machine started` : '';
  if (granted >= WANTED_BUFFER_BYTES) return [ok(`UDP sockets may hold ${size(granted)}${since}`)];
  return [
    warning(
      `UDP sockets may hold ${size(granted)} of the ${size(WANTED_BUFFER_BYTES)} that media wants: bursts of packets get lost${since}`,
      `run: sysctl -w net.core.rmem_max=${4 * MIB}, and put that line into a file in /etc/sysctl.d (for a container: on its host)`,
    ),
  ];
};

const grantedBufferBytes = async (): Promise<number> => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    socket.setRecvBufferSize(WANTED_BUFFER_BYTES);
    // Linux doubles what it was asked for, and tells the double (socket(7), SO_RCVBUF).
    return socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1);
  } finally {
    socket.close();
  }
};

const datagramsLost = async (): Promise<number | undefined> => {
  const text = await readFile('/proc/net/snmp', 'utf8').catch(() => '');
  const [names = [], values = []] = [...text.matchAll(/^Udp: (.*)$/gm)].map(([, row = '']) => row.split(' '));
  const value = values[names.indexOf('RcvbufErrors')];
  return value === undefined ? undefined : Number(value);
};
