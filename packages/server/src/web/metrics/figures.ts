/** Everything there is to be told of this node, as families of series. */
import { performance } from 'node:perf_hooks';
import { answeredWithin, systemTimers } from '../../base/timers.ts';
import type { ConferenceFigures } from '../../conference/figures.ts';
import { type Family, single, split } from './exposition.ts';

/** Of one queue of jobs. */
export type QueueFigures = { name: string; waiting: number; deferred: number; active: number; failed: number };

export type FigureSources = {
  version: string;
  conferences: () => Promise<ConferenceFigures>;
  jobs: () => Promise<readonly QueueFigures[]>;
  recordingsListed: () => Promise<number>;
  databaseAnswers: () => Promise<boolean>;
  freeBytes: () => Promise<number>;
  loopDelayMs: () => number;
};

/** Who looks, looks often, and would rather know half now. */
const LIMIT_MS = 2000;

const known = <Result>(work: Promise<Result>): Promise<Result | undefined> =>
  answeredWithin(systemTimers, LIMIT_MS, work);

/** What does not answer in time is left out. */
export const gatherFigures = async (sources: FigureSources): Promise<Family[]> => {
  const [calls, queues, listed, database, free] = await Promise.all([
    known(sources.conferences()),
    known(sources.jobs()),
    known(sources.recordingsListed()),
    known(sources.databaseAnswers()),
    known(sources.freeBytes()),
  ]);
  return [
    ...(calls ? [...callFamilies(calls), ...mediaFamilies(calls)] : []),
    single('callreel_recordings_listed_total', 'counter', 'Recordings ever listed, in this database', listed),
    jobFamily(queues ?? []),
    single('callreel_database_up', 'gauge', '1 where the database answers', Number(database ?? false)),
    single('callreel_disk_free_bytes', 'gauge', 'Free for the data folder', free),
    ...processFamilies(sources),
  ];
};

const callFamilies = ({ conferences, members, publications }: ConferenceFigures): Family[] => [
  split('callreel_conferences', 'gauge', 'Conferences that have not ended', 'state', conferences),
  split('callreel_members', 'gauge', 'Members who are in', 'role', members),
  split('callreel_publications', 'gauge', 'Published streams; held: the connection is lost', 'state', publications),
];

type ProcessFigure = (stats: NonNullable<ConferenceFigures['mediaProcesses'][number]>) => number;
type ReceivedFigure = (totals: ConferenceFigures['received']['audio']) => number;

const OF_EACH_PROCESS: readonly [name: string, type: 'counter' | 'gauge', help: string, pick: ProcessFigure][] = [
  ['callreel_media_process_cpu_seconds_total', 'counter', 'User and system', ({ cpuMs }) => cpuMs / 1000],
  ['callreel_media_process_resident_memory_bytes', 'gauge', 'Resident memory', ({ residentBytes }) => residentBytes],
];

const OF_WHAT_CAME: readonly [name: string, help: string, pick: ReceivedFigure][] = [
  ['packets_received', 'RTP packets, as far as seen when these were read', ({ packets }) => packets],
  ['payload_bytes_received', 'What was in them', ({ payloadBytes }) => payloadBytes],
  ['packets_lost', 'Lost on the way, before any was sent again', ({ lost }) => lost],
  ['packets_recovered', 'Of those, come again', ({ recovered }) => recovered],
  ['packets_unrecovered', 'Of those, asked for in vain', ({ unrecovered }) => unrecovered],
];

const mediaFamilies = ({ mediaProcesses, received }: ConferenceFigures): Family[] => {
  const isUp = Object.fromEntries(mediaProcesses.map((stats, index) => [index, Number(stats !== undefined)]));
  const byProcess = (pick: ProcessFigure): Record<string, number> =>
    Object.fromEntries(mediaProcesses.flatMap((stats, index) => (stats ? [[index, pick(stats)]] : [])));
  return [
    split('callreel_media_process_up', 'gauge', '1 where the process answers', 'process', isUp),
    ...OF_EACH_PROCESS.map(([name, type, help, pick]) => split(name, type, help, 'process', byProcess(pick))),
    ...OF_WHAT_CAME.map(([name, help, pick]) =>
      split(`callreel_media_${name}_total`, 'counter', help, 'track', {
        audio: pick(received.audio),
        video: pick(received.video),
      }),
    ),
  ];
};

const jobFamily = (queues: readonly QueueFigures[]): Family => ({
  name: 'callreel_jobs',
  type: 'gauge',
  help: 'Jobs; deferred: to be tried again, or for later; failed: given up within the last days',
  samples: queues.flatMap(({ name, waiting, deferred, active, failed }) =>
    Object.entries({ waiting, deferred, active, failed }).map(([state, value]) => ({
      labels: { queue: name, state },
      value,
    })),
  ),
});

const processFamilies = ({ version, loopDelayMs }: FigureSources): Family[] => {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    split('callreel_build_info', 'gauge', 'The version that runs', 'version', { [version]: 1 }),
    single('callreel_event_loop_delay_seconds', 'gauge', 'How late events come, on average', loopDelayMs() / 1000),
    single('process_cpu_seconds_total', 'counter', 'User and system', (user + system) / 1e6),
    single('process_resident_memory_bytes', 'gauge', 'Resident memory', rss),
    single('process_heap_bytes', 'gauge', 'Used of the heap', heapUsed),
    single('process_start_time_seconds', 'gauge', 'Since 1970', performance.timeOrigin / 1000),
  ];
};
