/**
 * CPU time that receiving and recording costs: our media process beside Janus recording the same packets.
 * Options: `--runs 5 --seconds 20 --senders 20 --rate 220 --bytes 1100 --loss 0` (percent, each way).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startCallreel } from './record/callreel-subject.ts';
import { janusIsInstalled, janusVersion, startJanus } from './record/janus-subject.ts';
import { isInNamespace, NAMESPACE_ADDRESS, runInNamespace, whyNoNamespace } from './record/network-namespace.ts';
import { cpuTimeOf, residentMegabytesOf } from './record/process-cpu.ts';
import type { RecordingSubject } from './record/recording-subject.ts';
import { type LoadShape, Vp8Load } from './record/vp8-load.ts';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';
import { median, percent } from './report/statistics.ts';

type Settings = LoadShape & { runs: number; seconds: number };
type Measured = {
  cpuPer100k: number;
  systemShare: number;
  packetsPerSecond: number;
  megabytes: number;
  recordedShare: number;
};

/** Code is compiled as it runs, and buffers grow: none of that belongs to the steady cost. */
const WARM_UP_MS = 8_000;
/** What a file may lack of the packets' payload: descriptors, and frames still on their way at the end. */
const LEAST_RECORDED_SHARE = 0.95;

const readSettings = (options: readonly string[], address: string): Settings => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '20' },
      senders: { type: 'string', default: '20' },
      rate: { type: 'string', default: '220' },
      bytes: { type: 'string', default: '1100' },
      loss: { type: 'string', default: '0' },
      'in-namespace': { type: 'boolean', default: false },
    },
  });
  return {
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    senders: Number(values.senders),
    packetsPerSecond: Number(values.rate),
    packetBytes: Number(values.bytes),
    lossRate: Number(values.loss) / 100,
    address,
  };
};

const measure = async (subject: RecordingSubject, settings: Settings): Promise<Measured> => {
  const load = await Vp8Load.connect(settings, subject.publish);
  try {
    await delay(WARM_UP_MS);
    const [before, sentBefore] = [cpuTimeOf(subject.pid), load.sentPackets];
    await delay(settings.seconds * 1000);
    const [after, sentAfter] = [cpuTimeOf(subject.pid), load.sentPackets];
    const megabytes = residentMegabytesOf(subject.pid);
    load.stop();
    const packets = sentAfter - sentBefore;
    const systemSeconds = after.systemSeconds - before.systemSeconds;
    const cpuSeconds = after.userSeconds - before.userSeconds + systemSeconds;
    return {
      cpuPer100k: (cpuSeconds / packets) * 100_000,
      systemShare: systemSeconds / cpuSeconds,
      packetsPerSecond: packets / settings.seconds,
      megabytes,
      recordedShare: (await subject.finish()) / (load.sentPackets * settings.packetBytes),
    };
  } finally {
    load.close();
  }
};

const runOnce = async (start: () => Promise<RecordingSubject>, settings: Settings): Promise<Measured> => {
  const subject = await start();
  try {
    const measured = await measure(subject, settings);
    const { recordedShare } = measured;
    if (recordedShare < LEAST_RECORDED_SHARE)
      throw new Error(`only ${percent(recordedShare)} of what was sent is in the files`);
    return measured;
  } finally {
    await subject.close();
  }
};

const rowOf = (name: string, measured: readonly Measured[]) => {
  const of = (field: keyof Measured) => measured.map((each) => each[field]);
  const costs = of('cpuPer100k');
  return {
    what: name,
    'CPU-s per 100k packets': median(costs).toFixed(2),
    'least–most': `${Math.min(...costs).toFixed(2)}–${Math.max(...costs).toFixed(2)}`,
    'in the kernel': percent(median(of('systemShare'))),
    'packets/s': Math.round(median(of('packetsPerSecond'))),
    'resident MB': Math.round(median(of('megabytes'))),
    'in the files': percent(median(of('recordedShare'))),
  };
};

const describe = ({ senders, packetsPerSecond, packetBytes, lossRate, runs, seconds }: Settings): string[] => [
  `Receive and record: ${senders} senders × ${packetsPerSecond} packets/s × ${packetBytes} bytes of VP8, ${percent(lossRate)} lost each way.`,
  `Median of ${runs} runs of ${seconds} s after ${WARM_UP_MS / 1000} s to warm up.`,
  describeMachine(),
];

const measureAll = async (settings: Settings, withJanus: boolean): Promise<void> => {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let run = 1; run <= settings.runs; run += 1) {
    ours.push(await runOnce(() => startCallreel(settings.address), settings));
    if (withJanus) theirs.push(await runOnce(() => startJanus(settings.senders), settings));
    const costs = [ours.at(-1), theirs.at(-1)].map((each) => each?.cpuPer100k.toFixed(2) ?? '–');
    console.log(`run ${run} of ${settings.runs}: Callreel ${costs[0]}, Janus ${costs[1]} CPU-s per 100k packets`);
  }
  console.log(markdownTable([rowOf('Callreel', ours), ...(withJanus ? [rowOf(janusVersion(), theirs)] : [])]));
  if (!withJanus) return;
  const cost = (measured: readonly Measured[]) => median(measured.map(({ cpuPer100k }) => cpuPer100k));
  console.log(`Ratio Callreel : Janus ${(cost(ours) / cost(theirs)).toFixed(2)} (bar: at or under 1.00)`);
};

export const run = async (options: readonly string[]): Promise<void> => {
  const inside = isInNamespace(options);
  const alone = janusIsInstalled() ? whyNoNamespace() : 'Janus is not installed (Debian: apt-get install janus)';
  if (!inside && alone === undefined) {
    process.exitCode = runInNamespace('record', options);
    return;
  }
  const settings = readSettings(options, inside ? NAMESPACE_ADDRESS : '127.0.0.1');
  for (const line of describe(settings)) console.log(line);
  if (!inside) console.log(`Without Janus to compare with: ${alone}.`);
  await measureAll(settings, inside);
};
