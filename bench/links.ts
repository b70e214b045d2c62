/**
 * Downloads through a link: how fast and at what cost, beside a plain nginx serving the same file; and what a thousand slow ones hold.
 * Options: `--runs 5 --megabytes 256 --downloads 4 --slow 1000 --seconds 10`.
 */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { download, SlowReaders } from './links/download.ts';
import { type Nginx, nginxVersion, startNginx } from './links/nginx.ts';
import { cpuTimeOf, residentMegabytesOf } from './record/process-cpu.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';
import { median } from './report/statistics.ts';
import { Caller } from './web/caller.ts';
import { startWebSubject, type WebSubject } from './web/web-subject.ts';

type Settings = { runs: number; megabytes: number; downloads: number; slow: number; seconds: number };
type Fetched = { megabytesPerSecond: number; cpuPerGigabyte: number };
type Server = { name: string; url: string; pid: number; fetched: Fetched[] };

const MEGABYTE = 1024 * 1024;
const SLOW_READ_BYTES = 16 * 1024;
const SLOW_READ_EVERY_MS = 500;
const SETTLE_MS = 5_000;

const readSettings = (options: readonly string[]): Settings => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      runs: { type: 'string', default: '5' },
      megabytes: { type: 'string', default: '256' },
      downloads: { type: 'string', default: '4' },
      slow: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '10' },
    },
  });
  const { runs, megabytes, downloads, slow, seconds } = values;
  return {
    runs: Number(runs),
    megabytes: Number(megabytes),
    downloads: Number(downloads),
    slow: Number(slow),
    seconds: Number(seconds),
  };
};

const linkOf = async ({ url, tenants }: WebSubject): Promise<string> => {
  const [tenant] = tenants;
  if (tenant === undefined) throw new TypeError('subject: must have a tenant');
  const headers = { authorization: `Bearer ${tenant.token}` };
  const response = await fetch(`${url}/${tenant.org}/${tenant.app}/audio/${tenant.confrId}`, { headers });
  const [recording] = (await response.json()) as { url: string }[];
  if (recording === undefined) throw new Error('nothing is listed');
  return recording.url;
};

const cpuOf = (pid: number): number => {
  const { userSeconds, systemSeconds } = cpuTimeOf(pid);
  return userSeconds + systemSeconds;
};

/** So many downloads at once. */
const fetchAll = async ({ url, pid }: Server, { downloads, megabytes }: Settings): Promise<Fetched> => {
  const [cpuBefore, began] = [cpuOf(pid), performance.now()];
  const sizes = await Promise.all(Array.from({ length: downloads }, () => download(url)));
  const seconds = (performance.now() - began) / 1000;
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes < downloads * megabytes * MEGABYTE) throw new Error(`only ${bytes} bytes came from ${url}`);
  const cpuPerGigabyte = (cpuOf(pid) - cpuBefore) / (bytes / (1024 * MEGABYTE));
  return { megabytesPerSecond: bytes / MEGABYTE / seconds, cpuPerGigabyte };
};

const rowOf = ({ name, fetched }: Server) => ({
  what: name,
  'MB/s': median(fetched.map(({ megabytesPerSecond }) => megabytesPerSecond)).toFixed(0),
  'CPU-s per GB': median(fetched.map(({ cpuPerGigabyte }) => cpuPerGigabyte)).toFixed(2),
  'least–most': [Math.min, Math.max]
    .map((of) => of(...fetched.map((each) => each.cpuPerGigabyte)).toFixed(2))
    .join('–'),
});

const measureThroughput = async (servers: readonly Server[], settings: Settings): Promise<void> => {
  for (const server of servers) await fetchAll(server, settings);
  for (let run = 1; run <= settings.runs; run += 1) {
    for (const server of servers) server.fetched.push(await fetchAll(server, settings));
  }
  console.log(markdownTable(servers.map(rowOf)));
  const [ours, theirs] = servers.map(({ fetched }) => fetched);
  if (ours === undefined || theirs === undefined) return;
  const ratio = (of: (each: Fetched) => number) => (median(ours.map(of)) / median(theirs.map(of))).toFixed(2);
  const [cost, speed] = [ratio((each) => each.cpuPerGigabyte), ratio((each) => each.megabytesPerSecond)];
  console.log(`Ratio Callreel : nginx ${cost} of CPU, ${speed} of speed`);
};

const latencyOf = async ({ url, tenants }: WebSubject, seconds: number): Promise<number[]> => {
  const [tenant] = tenants;
  const caller = new Caller(url, 1);
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const path = `/${tenant?.org}/${tenant?.app}/audio/${tenant?.confrId}`;
    const { status, ms } = await caller.call(path, tenant);
    if (status !== 200) throw new Error(`a listing was answered ${status}`);
    times.push(ms);
    await delay(15);
  }
  caller.close();
  return times;
};

const measureSlow = async (subject: WebSubject, link: string, { slow, seconds }: Settings): Promise<void> => {
  const alone = await latencyOf(subject, seconds);
  const before = residentMegabytesOf(subject.pid);
  const readers = new SlowReaders();
  await readers.start(link, slow, SLOW_READ_BYTES, SLOW_READ_EVERY_MS);
  await delay(SETTLE_MS);
  const beside = await latencyOf(subject, seconds);
  const during = residentMegabytesOf(subject.pid);
  const { alive } = readers;
  readers.stop();
  await delay(SETTLE_MS);
  const after = await latencyOf(subject, seconds);
  const quiet = median([...alone, ...after]);
  const row = {
    'slow downloads': alive,
    'resident MB before': before.toFixed(0),
    'with them': during.toFixed(0),
    'kB each': (((during - before) * 1024) / slow).toFixed(0),
    afterwards: residentMegabytesOf(subject.pid).toFixed(0),
    'a call alone, ms': quiet.toFixed(2),
    'beside them': median(beside).toFixed(2),
    ratio: (median(beside) / quiet).toFixed(2),
  };
  console.log(markdownTable([row]));
};

const serversOf = (subject: WebSubject, link: string, nginx: Nginx | undefined): Server[] => {
  const ours = { name: 'Callreel', url: link, pid: subject.pid, fetched: [] };
  if (nginx === undefined) return [ours];
  const url = nginx.url + new URL(link).pathname.replace('/files', '');
  return [ours, { name: nginxVersion() ?? 'nginx', url, pid: nginx.pid, fetched: [] }];
};

export const run = async (options: readonly string[]): Promise<void> => {
  const settings = readSettings(options);
  const { runs, megabytes, downloads, slow } = settings;
  console.log(
    `${downloads} downloads at once of a file of ${megabytes} MB, ${runs} runs in turn; then ${slow} slow ones.`,
  );
  console.log(describeMachine());
  const subject = await startWebSubject({ tenants: 1, recordingsEach: 1, fileBytes: megabytes * MEGABYTE });
  let nginx: Nginx | undefined;
  try {
    const link = await linkOf(subject);
    if (nginxVersion() === undefined)
      console.log('Without nginx to compare with: it is not installed (apt-get install nginx-light).');
    else nginx = await startNginx(join(subject.dataDir, 'recordings'));
    await measureThroughput(serversOf(subject, link, nginx), settings);
    await measureSlow(subject, link, settings);
  } finally {
    await nginx?.close();
    await subject.close();
  }
};
