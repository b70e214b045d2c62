/** Apps: tenants, each with the credentials of its own server. */
import type { AppRecord } from '../store/rows.ts';
import { StoreError } from '../store/store-error.ts';
import { CliError } from './cli-error.ts';
import { defineCommand } from './command.ts';
import { withStore } from './database.ts';
import { findApp, parseApp, parseWhole } from './names.ts';
import { hashSecret, makeClientId, makeSecret, readSecret } from './secrets.ts';
import { table } from './table.ts';

const SECRET_STDIN = {
  type: 'boolean',
  description: 'take the client_secret from standard input instead of making one',
} as const;

const CLIENT_ID_FORM = /^[\x21-\x39\x3b-\x7e]{1,256}$/;

const chooseSecret = (fromInput: boolean | undefined): Promise<string> =>
  fromInput ? readSecret('client_secret') : Promise.resolve(makeSecret());

const credentials = (app: AppRecord, clientSecret: string) => ({
  app: `${app.org}/${app.name}`,
  application: app.uuid,
  clientId: app.clientId,
  clientSecret,
  retentionDays: app.retentionDays,
});

const tell = (what: string, { app, clientId, clientSecret }: ReturnType<typeof credentials>, given: boolean): string =>
  [
    `${what} ${given ? '' : 'The secret is shown this once; keep it:'}`.trimEnd(),
    `  app            ${app}`,
    `  client_id      ${clientId}`,
    `  client_secret  ${given ? '(as given)' : clientSecret}`,
    '',
  ].join('\n');

const parseClientId = (given: string | undefined): string => {
  if (given === undefined) return makeClientId();
  if (!CLIENT_ID_FORM.test(given))
    throw CliError.usage('--client-id must be 1 to 256 visible characters without a colon');
  return given;
};

export const createApp = defineCommand({
  name: 'app create',
  summary: 'Makes an app and prints its credentials',
  args: ['org/app'],
  flags: {
    'client-id': { type: 'string', takes: 'ID', description: 'instead of a made one' },
    'secret-stdin': SECRET_STDIN,
    'retention-days': { type: 'string', takes: 'DAYS', description: 'instead of CALLREEL_RETENTION_DAYS' },
  },
  details: 'An application that comes from another service keeps its credentials with --client-id and --secret-stdin.',
  run: async ({ args: [given = ''], flags, readSettings }) => {
    const names = parseApp(given);
    const config = readSettings();
    const days = flags['retention-days'];
    const retentionDays = days === undefined ? config.retentionDays : parseWhole(days, '--retention-days', 1, 36_500);
    const clientId = parseClientId(flags['client-id']);
    const clientSecret = await chooseSecret(flags['secret-stdin']);
    const app = await withStore(config, { create: true }, (store) =>
      store.apps.create({ ...names, clientId, clientSecretHash: hashSecret(clientSecret), retentionDays }),
    ).catch((error: unknown) => {
      const isTaken = error instanceof StoreError && error.reason === 'exists';
      throw isTaken ? CliError.exists(`the app ${names.org}/${names.name}`) : error;
    });
    const json = credentials(app, clientSecret);
    return { json, text: tell('The app is made.', json, flags['secret-stdin'] === true) };
  },
});

export const listApps = defineCommand({
  name: 'app list',
  summary: 'Lists the apps',
  args: [],
  flags: {},
  run: async ({ readSettings }) => {
    const apps = await withStore(readSettings(), { create: false }, (store) => store.apps.list());
    const json = apps.map(({ org, name, uuid, clientId, retentionDays, usersMayCreate }) => ({
      app: `${org}/${name}`,
      application: uuid,
      clientId,
      retentionDays,
      usersMayCreate,
    }));
    const rows = json.map(({ app, clientId, retentionDays, application }) => [
      app,
      clientId,
      `${retentionDays}`,
      application,
    ]);
    return { json, text: table(['app', 'client_id', 'days', 'application'], rows) };
  },
});

export const rotateSecret = defineCommand({
  name: 'app rotate-secret',
  summary: 'Gives an app another client_secret; the old one is refused from then on',
  args: ['org/app'],
  flags: { 'secret-stdin': SECRET_STDIN },
  details: 'Tokens that were got with the old secret stay good until they expire or are revoked.',
  run: async ({ args: [given = ''], flags, readSettings }) => {
    const names = parseApp(given);
    const config = readSettings();
    const clientSecret = await chooseSecret(flags['secret-stdin']);
    const app = await withStore(config, { create: false }, async (store) => {
      const found = await findApp(store, names);
      await store.apps.replaceSecret(found.id, hashSecret(clientSecret));
      return found;
    });
    const json = credentials(app, clientSecret);
    return { json, text: tell('The app has a new secret.', json, flags['secret-stdin'] === true) };
  },
});

const parseYes = (given: string): boolean => {
  if (given !== 'yes' && given !== 'no') throw CliError.usage(`'${given}' must be yes or no`);
  return given === 'yes';
};

export const setUsersCreate = defineCommand({
  name: 'app set-users-create',
  summary: "Says whether an app's users create conferences with their own tokens",
  args: ['org/app', 'yes|no'],
  flags: {},
  details: 'They may unless this was said.',
  run: async ({ args: [givenApp = '', givenWord = ''], readSettings }) => {
    const names = parseApp(givenApp);
    const usersMayCreate = parseYes(givenWord);
    const app = await withStore(readSettings(), { create: false }, async (store) => {
      const found = await findApp(store, names);
      await store.apps.allowUsersToCreate(found.id, usersMayCreate);
      return `${found.org}/${found.name}`;
    });
    const text = `Users of ${app} ${usersMayCreate ? 'create conferences' : 'create no conferences'} from now on.\n`;
    return { json: { app, usersMayCreate }, text };
  },
});
