/**
 * What one tenant's burst costs another: the time of a small call of theirs, alone and while the other calls as fast as he can.
 * Options: `--rounds 8 --seconds 2 --connections 64 --only pages`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from './report/machine.ts';
import { markdownTable } from './report/markdown-table.ts';
import { median } from './report/statistics.ts';
import type { FloodTold } from './tenants/flood.ts';
import { Flooder } from './tenants/flooder.ts';
import { Caller, type CallOptions } from './web/caller.ts';
import { startWebSubject, type Tenant, type WebSubject } from './web/web-subject.ts';

type Burst = { path: string; options: CallOptions };
type Settings = { rounds: number; seconds: number; connections: number; only: string | undefined };
type Measured = { quiet: number[]; burst: number[]; told: FloodTold };

const BETWEEN_CALLS_MS = 15;
/** The tenant who floods finds his whole allowance again. */
const BETWEEN_ROUNDS_MS = 1_500;
const WARM_UP_CALLS = 300;
const RECORDINGS = 100;

const pageOf = ({ org, app }: Tenant, length: number): string =>
  `/${org}/${app}/audio/20200101000000/20990101000000/0/${length}`;

const burstsOf = (tenant: Tenant): Record<string, Burst> => {
  const { org, app, token } = tenant;
  const wrong = `YWMt${'x'.repeat(43)}`;
  const guess = { grant_type: 'password', username: 'ann', password: 'wrong' };
  return {
    'full pages': { path: pageOf(tenant, 100), options: { token } },
    'new conferences': { path: `/${org}/${app}/conferences`, options: { method: 'POST', token, json: {} } },
    'wrong tokens': { path: pageOf(tenant, 100), options: { token: wrong } },
    'wrong passwords': { path: `/${org}/${app}/token`, options: { method: 'POST', json: guess } },
  };
};

const timesOf = async (caller: Caller, tenant: Tenant, seconds: number): Promise<number[]> => {
  const times: number[] = [];
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const { status, ms } = await caller.call(pageOf(tenant, 10), { token: tenant.token });
    if (status !== 200) throw new Error(`the other tenant was answered ${status}`);
    times.push(ms);
    await delay(BETWEEN_CALLS_MS);
  }
  return times;
};

const addUp = (sum: FloodTold, told: FloodTold): void => {
  for (const [status, count] of Object.entries(told)) sum[+status] = (sum[+status] ?? 0) + count;
};

const measure = async (subject: WebSubject, flooder: Flooder, burst: Burst, settings: Settings): Promise<Measured> => {
  const [, other] = subject.tenants;
  if (other === undefined) throw new TypeError('subject: must have two tenants');
  const caller = new Caller(subject.url, 1);
  const { seconds, connections } = settings;
  const measured: Measured = { quiet: [], burst: [], told: {} };
  for (let round = 0; round < settings.rounds; round += 1) {
    measured.quiet.push(...(await timesOf(caller, other, seconds)));
    flooder.start({ baseUrl: subject.url, ...burst, connections });
    measured.burst.push(...(await timesOf(caller, other, seconds)));
    addUp(measured.told, await flooder.stop());
    await delay(BETWEEN_ROUNDS_MS);
  }
  caller.close();
  return measured;
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const highest = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

const rowOf = (name: string, { quiet, burst, told }: Measured, { rounds, seconds }: Settings) => {
  const ratio = (of: (values: readonly number[]) => number) => (of(burst) / of(quiet)).toFixed(2);
  const answers = Object.entries(told).map(([status, count]) => `${status}: ${Math.round(count / rounds / seconds)}`);
  return {
    'the burst': name,
    'its answers a second': answers.join(', '),
    'alone, ms': median(quiet).toFixed(2),
    'beside it, ms': median(burst).toFixed(2),
    'ratio of medians': ratio(median),
    'of means': ratio(mean),
    'of p95': ratio((values) => highest(values, 0.95)),
  };
};

const readSettings = (options: readonly string[]): Settings => {
  const { values } = parseArgs({
    args: [...options],
    options: {
      rounds: { type: 'string', default: '8' },
      seconds: { type: 'string', default: '2' },
      connections: { type: 'string', default: '64' },
      only: { type: 'string' },
    },
  });
  const { rounds, seconds, connections, only } = values;
  return { rounds: Number(rounds), seconds: Number(seconds), connections: Number(connections), only };
};

const measureAll = async (subject: WebSubject, flooder: Flooder, settings: Settings) => {
  const [first] = subject.tenants;
  if (first === undefined) throw new TypeError('subject: must have a tenant');
  const rows: ReturnType<typeof rowOf>[] = [];
  for (const [name, burst] of Object.entries(burstsOf(first))) {
    if (settings.only !== undefined && !name.includes(settings.only)) continue;
    rows.push(rowOf(name, await measure(subject, flooder, burst, settings), settings));
    console.log(`measured: ${name}`);
  }
  return rows;
};

export const run = async (options: readonly string[]): Promise<void> => {
  const settings = readSettings(options);
  const { rounds, seconds, connections } = settings;
  console.log(`A page of 10 recordings for one tenant, while another calls over ${connections} connections.`);
  console.log(`${rounds} rounds of ${seconds} s alone and ${seconds} s beside the burst, in turn.`);
  console.log(describeMachine());
  const subject = await startWebSubject({ tenants: 2, recordingsEach: RECORDINGS });
  const flooder = new Flooder();
  try {
    const warm = new Caller(subject.url, 8);
    for (const tenant of subject.tenants) {
      for (let call = 0; call < WARM_UP_CALLS; call += 1) await warm.call(pageOf(tenant, 10), tenant);
    }
    warm.close();
    console.log(markdownTable(await measureAll(subject, flooder, settings)));
    console.log('Bar: a ratio of medians at or under 1.10.');
  } finally {
    flooder.close();
    await subject.close();
  }
};
