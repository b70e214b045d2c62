/**
 * What a lossy path costs a recording, on virtual time: a minute of video over a path that loses packets both ways, for each seed.
 * Options: `--seeds 20 --seconds 60 --loss 5 --rtt 80`.
 */
import { parseArgs } from 'node:util';
import { playLossyCall } from '@callreel/server/sfu/receive/loss-call-fixture.ts';
import { markdownTable } from './report/markdown-table.ts';

const LEAST_RECORDED_SHARE = 0.999;

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(3)} %`;

export const run = async (options: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      seeds: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '60' },
      loss: { type: 'string', default: '5' },
      rtt: { type: 'string', default: '80' },
    },
  });
  const call = {
    durationMs: Number(values.seconds) * 1000,
    lossRate: Number(values.loss) / 100,
    roundTripMs: Number(values.rtt),
  };
  const outcomes = Array.from({ length: Number(values.seeds) }, (_, index) => ({
    seed: index + 1,
    ...playLossyCall({ ...call, seed: index + 1 }),
  }));
  const rows = outcomes.map(({ seed, sent, lost, recorded, recovered, unrecovered, asked }) => ({
    seed,
    sent,
    lost,
    recovered,
    'not recovered': unrecovered,
    recorded: share(recorded, sent),
    'asked for each': (asked / lost).toFixed(2),
    'missing but not named': sent - recorded - unrecovered,
  }));
  console.log(`${values.seconds} s, ${values.loss} % lost each way, ${values.rtt} ms of round trip\n`);
  console.log(markdownTable(rows));
  const least = Math.min(...outcomes.map(({ recorded, sent }) => recorded / sent));
  const unnamed = outcomes.filter(({ recorded, sent, unrecovered }) => sent - recorded !== unrecovered).length;
  console.log(`\nLeast recorded ${share(least, 1)}; seeds with packets missing and not named: ${unnamed}.`);
  const met = least >= LEAST_RECORDED_SHARE && unnamed === 0;
  console.log(`The bar is ${share(LEAST_RECORDED_SHARE, 1)} and none: ${met ? 'met' : 'missed'}.`);
};
