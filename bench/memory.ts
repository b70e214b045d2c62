/**
 * Whether a media process keeps anything of the publications that have ended: a thousand short ones over real WebRTC, one after the other
 * and a few at a time, each recorded and ended, and what the process occupies meanwhile.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type CallreelSubject, startCallreel } from './record/callreel-subject.ts';
import { Vp8Load } from './record/vp8-load.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';
import { median, slope } from './report/statistics.ts';

const ADDRESS = '127.0.0.1';
/** Until then buffers grow and code is compiled. */
const SETTLED_AFTER = 200;
const AT_ONCE = 10;
const PACKETS_PER_SECOND = 110;
const PACKET_BYTES = 1100;
/** Each is written to disk, with a key frame and a cluster, before it ends. */
const PACKETS_EACH = 60;
const ASK_EVERY_MS = 50;
/** A sample is taken in mid-collection or not: so many around a moment say what it was. */
const SAMPLES_OF_A_MOMENT = 5;

type Sample = { ended: number; kilobytes: number };

const untilRecorded = async (subject: CallreelSubject): Promise<void> => {
  for (;;) {
    const { publications } = await subject.stats();
    const received = publications.map(({ sources }) => sources.reduce((sum, { packets }) => sum + packets, 0));
    if (received.length === AT_ONCE && received.every((packets) => packets >= PACKETS_EACH)) return;
    // Who asks without a pause keeps the process so busy that it takes no more publications.
    await delay(ASK_EVERY_MS);
  }
};

/** As the service does when a recording is listed. */
const emptySpool = async (spoolDir: string): Promise<void> => {
  for (const name of await readdir(spoolDir)) await rm(join(spoolDir, name), { recursive: true });
};

const publishAndEnd = async (subject: CallreelSubject): Promise<void> => {
  const rate = { packetsPerSecond: PACKETS_PER_SECOND, packetBytes: PACKET_BYTES, lossRate: 0 };
  const shape = { senders: AT_ONCE, ...rate, address: ADDRESS };
  const load = await Vp8Load.connect(shape, subject.publish);
  try {
    await untilRecorded(subject);
    load.stop();
    await subject.endAll();
  } finally {
    load.close();
  }
  await emptySpool(subject.spoolDir);
};

const measure = async (publications: number): Promise<Sample[]> => {
  const subject = await startCallreel(ADDRESS);
  const samples: Sample[] = [];
  try {
    for (let ended = AT_ONCE; ended <= publications; ended += AT_ONCE) {
      await publishAndEnd(subject);
      samples.push({ ended, kilobytes: (await subject.stats()).residentBytes / 1000 });
      if (ended % 100 === 0) console.log(`${ended} ended: ${Math.round(samples.at(-1)?.kilobytes ?? 0)} kB resident`);
    }
  } finally {
    await subject.close();
  }
  return samples;
};

const around = (samples: readonly Sample[], ended: number): number => {
  const nearest = samples.toSorted((one, other) => Math.abs(one.ended - ended) - Math.abs(other.ended - ended));
  return median(nearest.slice(0, SAMPLES_OF_A_MOMENT).map(({ kilobytes }) => kilobytes));
};

export const run = async (options: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...options],
    options: { publications: { type: 'string', default: '1000' } },
  });
  const publications = Number(values.publications);
  console.log(`${publications} publications, ${AT_ONCE} at a time, of ${PACKETS_EACH} packets of VP8 and more each.`);
  console.log(describeMachine());
  const settled = (await measure(publications)).filter(({ ended }) => ended >= SETTLED_AFTER);
  const [first, last] = [around(settled, SETTLED_AFTER), around(settled, publications)];
  const perPublication = slope(settled.map(({ ended, kilobytes }) => [ended, kilobytes]));
  console.log(
    markdownTable([
      {
        'resident kB after 200': Math.round(first),
        [`after ${publications}`]: Math.round(last),
        'difference each, kB': ((last - first) / (publications - SETTLED_AFTER)).toFixed(1),
        'slope, kB a publication': perPublication.toFixed(1),
      },
    ]),
  );
  console.log('Bar: a slope of 10 kB or less.');
};
