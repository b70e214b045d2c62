/**
 * `npm run fuzz -- --minutes N`: gives everything that reads what others wrote damaged and made-up input (fuzz/targets.ts), until the
 * time is up. `--only rtp` takes the targets whose name has that in it, `--seed S` begins where another run did.
 * A failure is told with its seed and its input, made as small as it goes, and ends the run with 1.
 */
import { parseArgs } from 'node:util';
import { Fuzzer, type FuzzOutcome } from '../fuzz/fuzzer.ts';
import { TARGETS } from '../fuzz/targets.ts';

const RUNS_A_BATCH = 500;

type Settings = { minutes: number; only: string; seed: number };

const readSettings = (): Settings => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0)) throw new TypeError('--minutes: must be a number above 0');
  if (!Number.isInteger(seed)) throw new TypeError('--seed: must be a whole number');
  return { minutes, only: values.only, seed };
};

const tell = (name: string, seed: number, outcome: Exclude<FuzzOutcome, { kind: 'held' }>): void => {
  console.error(`\nFAILED: ${name}`);
  if (outcome.kind === 'failed') console.error(`seed ${outcome.seed}, path ${outcome.path}`);
  else console.error(`seed ${seed}; not made smaller, as it never came back`);
  console.error(`input: ${outcome.input}\n${outcome.why}`);
};

/** Batches of each target in turn; a target that failed is left out from then on. Says how many failed. */
const fuzz = async ({ minutes, only, seed }: Settings): Promise<number> => {
  const left = new Set([...TARGETS.keys()].filter((index) => TARGETS[index]?.name.includes(only)));
  if (left.size === 0) throw new TypeError(`--only: no target has "${only}" in its name`);
  const chosen = left.size;
  const inputs = new Map([...left].map((index) => [index, 0]));
  const fuzzer = new Fuzzer();
  const end = performance.now() + minutes * 60_000;
  for (let batch = seed; left.size > 0 && performance.now() < end; batch += 1) {
    for (const target of left) {
      if (performance.now() >= end) break;
      const outcome = await fuzzer.run({ target, seed: batch, runs: RUNS_A_BATCH });
      if (outcome.kind === 'held') inputs.set(target, (inputs.get(target) ?? 0) + outcome.inputs);
      else {
        left.delete(target);
        tell(TARGETS[target]?.name ?? '', batch, outcome);
      }
    }
  }
  await fuzzer.close();
  for (const [target, count] of inputs) console.log(`${String(count).padStart(9)}  ${TARGETS[target]?.name}`);
  return chosen - left.size;
};

const settings = readSettings();
console.log(`Fuzzing for ${settings.minutes} min, seed ${settings.seed}.`);
const failures = await fuzz(settings);
console.log(failures === 0 ? 'All held.' : `${failures} failed.`);
process.exitCode = failures === 0 ? 0 : 1;
