/**
 * What forwarding costs, by the number of subscribers, and how soon a subscriber has a picture.
 * Options: `--runs 3 --seconds 10 --senders 4 --rate 220 --bytes 1100 --subscriptions 50`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Subscriber } from '@callreel/synthetic/receive/subscriber.ts';
import { measurePages } from './forward/page-pictures.ts';
import { type CallreelSubject, startCallreel } from './record/callreel-subject.ts';
import { cpuTimeOf } from './record/process-cpu.ts';
import { type LoadShape, Vp8Load } from './record/vp8-load.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';
import { median } from './report/statistics.ts';

type Settings = LoadShape & { runs: number; seconds: number; subscriptions: number };
type Cost = { cpuSeconds: number; received: number; forwarded: number };

const SUBSCRIBERS = [0, 1, 3, 10] as const;
const WARM_UP_MS = 4000;
/** Of what is to be forwarded, at least so much must have come. */
const LEAST_SHARE = 0.97;

const readSettings = (options: readonly string[]): Settings => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '10' },
      senders: { type: 'string', default: '4' },
      rate: { type: 'string', default: '220' },
      bytes: { type: 'string', default: '1100' },
      subscriptions: { type: 'string', default: '50' },
    },
  });
  return {
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    senders: Number(values.senders),
    packetsPerSecond: Number(values.rate),
    packetBytes: Number(values.bytes),
    subscriptions: Number(values.subscriptions),
    lossRate: 0,
    address: '127.0.0.1',
  };
};

const subscribeTo = (subject: CallreelSubject, index: number): Promise<Subscriber> =>
  Subscriber.subscribe({ audio: false, subscribe: (offer) => subject.subscribe(offer, index) });

const received = (subscribers: readonly Subscriber[]): number =>
  subscribers.reduce((sum, { counts }) => sum + counts.video, 0);

/** Each publication with so many subscribers. */
const measureCost = async (each: number, settings: Settings): Promise<Cost> => {
  const subject = await startCallreel(settings.address);
  const load = await Vp8Load.connect(settings, subject.publish);
  const subscribers: Subscriber[] = [];
  try {
    for (let index = 0; index < settings.senders * each; index += 1) {
      subscribers.push(await subscribeTo(subject, index % settings.senders));
    }
    await delay(WARM_UP_MS);
    const [before, sentBefore, receivedBefore] = [cpuTimeOf(subject.pid), load.sentPackets, received(subscribers)];
    await delay(settings.seconds * 1000);
    const [after, sent] = [cpuTimeOf(subject.pid), load.sentPackets - sentBefore];
    const forwarded = received(subscribers) - receivedBefore;
    if (forwarded < LEAST_SHARE * sent * each) throw new Error(`only ${forwarded} of ${sent * each} packets came`);
    const cpuSeconds = after.userSeconds - before.userSeconds + after.systemSeconds - before.systemSeconds;
    return { cpuSeconds, received: sent, forwarded };
  } finally {
    for (const subscriber of subscribers) subscriber.close();
    load.close();
    await subject.close();
  }
};

const costTable = (costs: ReadonlyMap<number, readonly Cost[]>): string => {
  const perReceived = (each: number): number =>
    median((costs.get(each) ?? []).map(({ cpuSeconds, received }) => (100_000 * cpuSeconds) / received));
  const base = perReceived(0);
  return markdownTable(
    SUBSCRIBERS.map((each) => ({
      'subscribers each': each,
      'CPU-s per 100k received': perReceived(each).toFixed(2),
      'CPU-s per 100k forwarded, above none': each === 0 ? '–' : ((perReceived(each) - base) / each).toFixed(2),
    })),
  );
};

/** From the offer to the last packet of the first key frame, one after the other. */
const measureFirstFrames = async (settings: Settings): Promise<number[]> => {
  const subject = await startCallreel(settings.address);
  const load = await Vp8Load.connect({ ...settings, senders: 1 }, subject.publish);
  const times: number[] = [];
  try {
    for (let count = 0; count < settings.subscriptions; count += 1) {
      const startMs = performance.now();
      const subscriber = await Subscriber.subscribe({
        ...{ audio: false, keeps: true },
        subscribe: (offer) => subject.subscribe(offer, 0),
      });
      await subscriber.until(({ packets }) => packets.some(({ packet }) => packet.marker));
      times.push(performance.now() - startMs);
      subscriber.close();
      // Of no whole multiple of anything: neither right after a key frame nor right before.
      await delay(137);
    }
  } finally {
    load.close();
    await subject.close();
  }
  return times;
};

const share = (times: readonly number[], part: number): string => {
  const sorted = times.toSorted((one, other) => one - other);
  return (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN).toFixed(0);
};

export const run = async (options: readonly string[]): Promise<void> => {
  const settings = readSettings(options);
  const { senders, packetsPerSecond, packetBytes, runs, seconds } = settings;
  console.log(
    `Forwarding: ${senders} recorded publications × ${packetsPerSecond} packets/s × ${packetBytes} bytes of VP8.`,
  );
  console.log(`Median of ${runs} runs of ${seconds} s after ${WARM_UP_MS / 1000} s to warm up, alternating.`);
  console.log(describeMachine());
  const costs = new Map<number, Cost[]>(SUBSCRIBERS.map((each) => [each, []]));
  for (let count = 0; count < runs; count += 1) {
    for (const each of SUBSCRIBERS) costs.get(each)?.push(await measureCost(each, settings));
  }
  console.log(costTable(costs));
  const synthetic = await measureFirstFrames(settings);
  const pages = await measurePages(settings.subscriptions);
  console.log(
    markdownTable(
      [
        { what: 'synthetic peer, from its offer to its first whole key frame', times: synthetic },
        { what: 'Chromium, from its offer to its first picture on the page', times: pages },
      ].map(({ what, times }) => ({
        what,
        subscriptions: times.length,
        'p50 ms': share(times, 0.5),
        'p95 ms': share(times, 0.95),
      })),
    ),
  );
};
