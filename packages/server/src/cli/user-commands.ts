/** An app's users. */
import { StoreError } from '../store/store-error.ts';
import { CliError } from './cli-error.ts';
import { defineCommand } from './command.ts';
import { withStore } from './database.ts';
import { findApp, parseApp, parseUser } from './names.ts';
import { makeSecret, readSecret } from './secrets.ts';

export const createUser = defineCommand({
  name: 'user create',
  summary: 'Makes a user of an app; his password is read from standard input',
  args: ['org/app', 'name'],
  flags: { 'generate-password': { type: 'boolean', description: 'make a password and print it' } },
  run: async ({ args: [givenApp = '', givenName = ''], flags, readSettings }) => {
    const [names, user] = [parseApp(givenApp), parseUser(givenName)];
    const config = readSettings();
    const made = flags['generate-password'] ? makeSecret() : undefined;
    const password = made ?? (await readSecret('password'));
    const { Passwords } = await import('../web/passwords.ts');
    const passwordHash = await new Passwords().hash(password);
    const app = await withStore(config, { create: false }, async (store) => {
      const found = await findApp(store, names);
      await store.users.create(found.id, user, passwordHash).catch((error: unknown) => {
        const isTaken = error instanceof StoreError && error.reason === 'exists';
        throw isTaken ? CliError.exists(`the user ${user} of ${names.org}/${names.name}`) : error;
      });
      return `${found.org}/${found.name}`;
    });
    const shown = made === undefined ? '' : ` His password, shown this once: ${made}`;
    return {
      json: { app, user, ...(made !== undefined && { password: made }) },
      text: `The user ${user} of ${app} is made.${shown}\n`,
    };
  },
});

export const deleteUser = defineCommand({
  name: 'user delete',
  summary: 'Deletes a user of an app; his tokens are refused from then on',
  args: ['org/app', 'name'],
  flags: {},
  run: async ({ args: [givenApp = '', givenName = ''], readSettings }) => {
    const [names, user] = [parseApp(givenApp), parseUser(givenName)];
    const app = await withStore(readSettings(), { create: false }, async (store) => {
      const found = await findApp(store, names);
      const removed = await store.users.remove(found.id, user);
      if (!removed) throw CliError.missing(`user ${user} of ${found.org}/${found.name}`);
      return `${found.org}/${found.name}`;
    });
    return { json: { app, user }, text: `The user ${user} of ${app} is deleted.\n` };
  },
});
