/** How long files are kept, what their removal has stopped for, and whether what is stored is what is listed. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../base/config.ts';
import type { Findings, ReconcileReport, ReconcileRequest } from '../retention/reconcile.ts';
import type { RetentionAlarm } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { CliError, EXIT_CODES } from './cli-error.ts';
import { defineCommand } from './command.ts';
import { silentLog, withStore } from './database.ts';
import { size } from './doctor/finding.ts';
import { findApp, parseApp, parseWhole } from './names.ts';

const LONGEST_DAYS = 36_500;

export const setRetention = defineCommand({
  name: 'app set-retention',
  summary: "Sets for how many days an app's files are kept",
  args: ['org/app', 'days'],
  flags: {},
  details: 'It holds for files that are listed from now on: those that are listed already keep their time.',
  run: async ({ args: [givenApp = '', givenDays = ''], readSettings }) => {
    const names = parseApp(givenApp);
    const retentionDays = parseWhole(givenDays, 'days', 1, LONGEST_DAYS);
    const app = await withStore(readSettings(), { create: false }, async (store) => {
      const found = await findApp(store, names);
      await store.apps.setRetentionDays(found.id, retentionDays);
      return `${found.org}/${found.name}`;
    });
    return { json: { app, retentionDays }, text: `Files of ${app} are kept for ${retentionDays} days from now on.\n` };
  },
});

type ShownAlarm = { about: string } & Pick<RetentionAlarm, 'detail' | 'raisedAt' | 'confirmedAt'>;

const showAlarm = async (
  store: Store,
  { appId, detail, raisedAt, confirmedAt }: RetentionAlarm,
): Promise<ShownAlarm> => {
  const app = appId === 0 ? undefined : await store.apps.findById(appId);
  return { about: app ? `${app.org}/${app.name}` : 'all apps', detail, raisedAt, confirmedAt };
};

const tellAlarm = ({ about, detail, raisedAt, confirmedAt }: ShownAlarm): string => {
  const confirmed = confirmedAt ? ' It is confirmed, and goes on with the next sweep.' : '';
  return `Retention has stopped for ${about} since ${raisedAt.toISOString()}: ${detail}.${confirmed}\n`;
};

export const showRetention = defineCommand({
  name: 'retention show',
  summary: 'Shows what the removal of expired files has stopped for',
  args: [],
  flags: {},
  details: 'Exit code 1 where it has stopped.',
  run: async ({ readSettings }) => {
    const alarms = await withStore(readSettings(), { create: false }, async (store) => {
      const open = await store.retention.alarms();
      return await Promise.all(open.map((alarm) => showAlarm(store, alarm)));
    });
    const text = alarms.length === 0 ? 'Retention has not stopped.\n' : alarms.map(tellAlarm).join('');
    return { json: { alarms }, text, exitCode: alarms.length === 0 ? 0 : EXIT_CODES.failed };
  },
});

export const confirmRetention = defineCommand({
  name: 'retention confirm',
  summary: 'Says that clock and settings are right: the removal of expired files goes on',
  args: [],
  flags: {},
  details: "See 'callreel retention show' first: what is removed does not come back.",
  run: async ({ readSettings }) => {
    const confirmed = await withStore(readSettings(), { create: false }, (store) => store.retention.confirmAlarms());
    const text = confirmed === 0 ? 'Retention has not stopped.\n' : 'Retention goes on with the next sweep.\n';
    return { json: { confirmed }, text };
  },
});

const MOST_SHOWN = 100;

/** How many there are, with some first ones, each on a line. */
const tellFindings = <Finding>(
  what: string,
  { count, named }: Findings<Finding>,
  name: (finding: Finding) => string,
) => [
  `${count} ${what}${count === 0 ? '.' : ':'}`,
  ...named.slice(0, MOST_SHOWN).map((finding) => `  ${name(finding)}`),
  ...(count > MOST_SHOWN ? [`  and ${count - MOST_SHOWN} more`] : []),
];

const tellReport = ({ objects, rows, objectsWithoutRow, rowsWithoutObject, removed, refused }: ReconcileReport) =>
  [
    `${objects} files are stored, ${rows} recordings are listed.`,
    ...tellFindings(
      'files that no recording names',
      objectsWithoutRow,
      ({ key, sizeBytes }) => `${key} (${size(sizeBytes)})`,
    ),
    ...tellFindings('recordings without their file', rowsWithoutObject, ({ objectKey }) => objectKey),
    ...(removed.length > 0 ? [`${removed.length} files are removed.`] : []),
    ...refused.map((app) => `More than a fifth of the files of ${app} would go: look first, then give --even-many.`),
    '',
  ].join('\n');

/** With another folder than the service's, everything would seem to be lost. The service's first start makes the spool. */
const requireSpool = async (config: Config): Promise<string> => {
  const spoolDir = join(config.dataDir, 'spool');
  const isThere = await stat(spoolDir).then(
    () => true,
    () => false,
  );
  if (!isThere) throw CliError.noRecordings(config.dataDir);
  return spoolDir;
};

const compare = async (config: Config, request: ReconcileRequest): Promise<ReconcileReport> => {
  const spoolDir = await requireSpool(config);
  return await withStore(config, { create: false }, async (store) => {
    const [{ reconcile }, { systemClocks }, { DiskStore }] = await Promise.all([
      import('../retention/reconcile.ts'),
      import('../retention/clocks.ts'),
      import('../storage/disk-store.ts'),
    ]);
    const objects = new DiskStore(join(config.dataDir, 'recordings'));
    return await reconcile({ store, objects, spoolDir, clocks: systemClocks('', store), log: silentLog() }, request);
  });
};

export const reconcileFiles = defineCommand({
  name: 'reconcile',
  summary: 'Finds stored files that no recording names, and recordings whose file is gone',
  args: [],
  flags: {
    remove: { type: 'boolean', description: 'remove the files that no recording names' },
    'even-many': {
      type: 'boolean',
      description: "with --remove: also where it is more than a fifth of an app's files",
    },
  },
  details: 'Files of the last 24 hours are left alone. Exit code 1 where something is left that should not be so.',
  run: async ({ flags, readSettings }) => {
    const request = { act: flags.remove === true, evenMany: flags['even-many'] === true };
    const report = await compare(readSettings(), request);
    const left = report.objectsWithoutRow.count - report.removed.length + report.rowsWithoutObject.count;
    return { json: report, text: tellReport(report), exitCode: left > 0 ? EXIT_CODES.failed : 0 };
  },
});
