/**
 * How many publications one processor records without losing a packet, and what becomes of the next ones: our media process is kept on one
 * processor, and gets more and more senders until it refuses one.
 * Options: `--publications 150 --most 300 --rate 110 --bytes 900 --seconds 20`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type CallreelSubject, NoRoomError, startCallreel } from './record/callreel-subject.ts';
import { droppedAt, keepOnOneCore } from './record/one-core.ts';
import { cpuTimeOf } from './record/process-cpu.ts';
import { type LoadShape, Vp8Load } from './record/vp8-load.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';
import { percent } from './report/statistics.ts';

type Settings = LoadShape & { most: number; seconds: number };
type Counted = { atMs: number; cpuSeconds: number; sent: number; received: number; missed: number; dropped: number };

const ADDRESS = '127.0.0.1';
const SETTLE_MS = 5000;
/** As many at a time, with a pause, as a service sees when a lesson begins. */
const STEP = 10;
const STEP_MS = 4000;

const readSettings = (options: readonly string[]): Settings => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      publications: { type: 'string', default: '150' },
      most: { type: 'string', default: '300' },
      rate: { type: 'string', default: '110' },
      bytes: { type: 'string', default: '900' },
      seconds: { type: 'string', default: '20' },
    },
  });
  return {
    senders: Number(values.publications),
    most: Number(values.most),
    packetsPerSecond: Number(values.rate),
    packetBytes: Number(values.bytes),
    seconds: Number(values.seconds),
    address: ADDRESS,
    lossRate: 0,
  };
};

const count = async (subject: CallreelSubject, load: Vp8Load): Promise<Counted> => {
  const { publications, rtcPort } = await subject.stats();
  const sources = publications.flatMap((publication) => publication.sources);
  const { userSeconds, systemSeconds } = cpuTimeOf(subject.pid);
  return {
    atMs: performance.now(),
    cpuSeconds: userSeconds + systemSeconds,
    sent: load.sentPackets,
    received: sources.reduce((sum, { packets }) => sum + packets, 0),
    missed: sources.reduce((sum, { lost }) => sum + lost, 0),
    dropped: droppedAt(rtcPort),
  };
};

/** What `seconds` from now on bring. */
const watch = async (what: string, subject: CallreelSubject, load: Vp8Load, seconds: number) => {
  const before = await count(subject, load);
  await delay(seconds * 1000);
  const after = await count(subject, load);
  const elapsed = (after.atMs - before.atMs) / 1000;
  return {
    what,
    publications: load.senders,
    'packets/s': Math.round((after.sent - before.sent) / elapsed),
    'of one processor': percent((after.cpuSeconds - before.cpuSeconds) / elapsed),
    'missed on the way': after.missed - before.missed,
    'dropped by the kernel': after.dropped - before.dropped,
  };
};

/** Until one is refused, or there are `most`; tells which. */
const fill = async (subject: CallreelSubject, load: Vp8Load, most: number): Promise<string> => {
  while (load.senders < most) {
    try {
      for (let added = 0; added < STEP; added += 1) await load.add(subject.publish);
    } catch (error) {
      if (error instanceof NoRoomError) return 'after it refused one more';
      throw error;
    }
    await delay(STEP_MS);
  }
  return 'with as many as were tried: none refused';
};

const connect = async (subject: CallreelSubject, settings: Settings): Promise<Vp8Load> => {
  const load = await Vp8Load.connect({ ...settings, senders: 0 }, subject.publish);
  await fill(subject, load, settings.senders);
  return load;
};

export const run = async (options: readonly string[]): Promise<void> => {
  const settings = readSettings(options);
  const { packetsPerSecond, packetBytes, seconds, most } = settings;
  console.log(
    `Publications of ${packetsPerSecond} packets/s × ${packetBytes} bytes on one processor, ${seconds} s each row.`,
  );
  console.log(describeMachine());
  const subject = await startCallreel(settings.address);
  keepOnOneCore(subject.pid);
  const load = await connect(subject, settings);
  try {
    await delay(SETTLE_MS);
    const rows = [await watch('as many as wanted', subject, load, seconds)];
    const outcome = await fill(subject, load, most);
    await delay(SETTLE_MS);
    rows.push(await watch(outcome, subject, load, seconds));
    load.stop();
    console.log(markdownTable(rows));
    console.log(
      `In the files: ${percent((await subject.finish()) / (load.sentPackets * packetBytes))} of all that was sent.`,
    );
  } finally {
    load.close();
    await subject.close();
  }
};
