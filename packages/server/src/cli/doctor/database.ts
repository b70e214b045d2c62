/** The database: whether it can be reached, whether it serves, and whether its clock is ours. */
import { join } from 'node:path';
import { hasCluster, tryBinaries } from '../../base/embedded-postgres/found-cluster.ts';
import { maskSecrets } from '../../base/log.ts';
import { type DatabaseFacts, inspectDatabase } from '../../store/inspect.ts';
import { withDatabase } from '../database.ts';
import type { Circumstances } from './circumstances.ts';
import { ok, problem, type Seen, warning } from './finding.ts';

const LEAST_MAJOR_VERSION = 15;
/** A node keeps up to 10 for its calls and 5 for its jobs, and takes 2 more while it starts. */
const CONNECTIONS_A_NODE = 17;
const MOST_APART_MS = 1_000;
const FAR_APART_MS = 60_000;

export const checkDatabase = async ({ config }: Circumstances): Promise<Seen[]> => {
  const embedded = config.databaseUrl === undefined;
  try {
    const directory = join(config.dataDir, 'postgres');
    if (embedded && !(await hasCluster(directory))) {
      const version = await tryBinaries(directory);
      return [ok(`no database yet: the first start makes it, with the embedded PostgreSQL ${version}`)];
    }
    return judge(await withDatabase(config, { create: false }, inspectDatabase), embedded);
  } catch (error) {
    const advice = embedded ? "run the doctor as the service's user" : 'see DATABASE_URL, and whether that server runs';
    return [problem(explain(error), advice)];
  }
};

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const because = error.cause instanceof Error && error.cause.message ? `: ${error.cause.message}` : '';
  return maskSecrets(error.message + because);
};

const judge = (facts: DatabaseFacts, embedded: boolean): Seen[] => [
  judgeServer(facts, embedded),
  ...judgeRights(facts),
  judgeMigrations(facts),
  judgeClock(facts),
  ...judgePast(facts),
  ...facts.openAlarms.map(judgeAlarm),
];

const judgeServer = ({ version, majorVersion, encoding, roundTripMs }: DatabaseFacts, embedded: boolean): Seen => {
  const text = `${embedded ? 'the embedded PostgreSQL' : 'PostgreSQL'} ${version} answers in ${roundTripMs} ms`;
  if (majorVersion < LEAST_MAJOR_VERSION) return problem(text, `it must be ${LEAST_MAJOR_VERSION} or later`);
  if (encoding === 'UTF8') return ok(text);
  return problem(`${text}, and keeps text as ${encoding}`, "make the database with encoding 'UTF8'");
};

const judgeRights = ({ mayCreate, mostConnections }: DatabaseFacts): Seen[] => [
  ...(mayCreate
    ? []
    : [warning('our user may not make schemas', "run 'callreel migrate' as one who may, once for each version")]),
  ...(mostConnections >= CONNECTIONS_A_NODE
    ? []
    : [
        problem(
          `it takes ${mostConnections} connections`,
          `set max_connections to ${CONNECTIONS_A_NODE} a node at least`,
        ),
      ]),
];

const judgeMigrations = ({ migrations: { missing, unknown } }: DatabaseFacts): Seen => {
  if (unknown.length > 0) {
    return problem(
      `its tables are of a newer version (${unknown.join(', ')})`,
      'run that version, or restore a backup',
    );
  }
  if (missing.length === 0) return ok('its tables are up to date');
  return warning(
    `its tables lack ${missing.join(', ')}`,
    "the next start brings them up to date, and so does 'callreel migrate'",
  );
};

/** Files are listed by the database's clock; tokens and links expire by ours. */
const judgeClock = ({ clockAheadMs, roundTripMs }: DatabaseFacts): Seen => {
  const apartMs = Math.max(0, Math.abs(clockAheadMs) - roundTripMs / 2);
  if (apartMs <= MOST_APART_MS) return ok('its clock and ours agree');
  const text = `its clock is ${Math.round(apartMs / 1000)} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} ours`;
  const advice = 'have NTP keep both';
  return apartMs > FAR_APART_MS ? problem(text, advice) : warning(text, advice);
};

const judgePast = ({ lastListedAt, clockAheadMs }: DatabaseFacts): Seen[] => {
  const itsNowMs = Date.now() + clockAheadMs;
  if (lastListedAt === undefined || lastListedAt.getTime() <= itsNowMs + MOST_APART_MS) return [];
  return [
    warning(
      `files were listed at ${lastListedAt.toISOString()}, which is still to come: the clock was set back since`,
      'set it right; until then all new files get that same recordTime',
    ),
  ];
};

const judgeAlarm = (detail: string): Seen =>
  problem(
    `expired files are not removed: ${detail}`,
    "put right what is wrong; where nothing is, run 'callreel retention confirm'",
  );
