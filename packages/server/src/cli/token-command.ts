/** Tokens without the credentials: for whoever may reach the database anyhow. */
import { type IssuedToken, LONGEST_TTL_SECONDS, Tokens } from '../web/tokens.ts';
import { CliError } from './cli-error.ts';
import { defineCommand } from './command.ts';
import { withStore } from './database.ts';
import { findApp, parseApp, parseUser, parseWhole } from './names.ts';

const parseTtl = (given: string | undefined, isForUser: boolean): number | undefined =>
  given === undefined ? undefined : parseWhole(given, '--ttl', isForUser ? 1 : 0, LONGEST_TTL_SECONDS);

export const issueToken = defineCommand({
  name: 'token',
  summary: 'Prints a new token of an app, or of one of its users',
  args: ['org/app'],
  flags: {
    user: { type: 'string', takes: 'NAME', description: 'of this user, who must exist' },
    ttl: { type: 'string', takes: 'SECONDS', description: "60 days unless given; 0: never expires, not for a user's" },
  },
  run: async ({ args: [given = ''], flags, readSettings }) => {
    const names = parseApp(given);
    const user = flags.user === undefined ? undefined : parseUser(flags.user);
    const ttlSeconds = parseTtl(flags.ttl, user !== undefined);
    const issued = await withStore(readSettings(), { create: false }, async (store): Promise<IssuedToken> => {
      const app = await findApp(store, names);
      const tokens = new Tokens({ store, nowMs: Date.now });
      if (user === undefined) return await tokens.issueApp(app, ttlSeconds);
      if (!(await store.users.find(app.id, user))) throw CliError.missing(`user ${user} of ${app.org}/${app.name}`);
      return await tokens.issueUser(app, user, ttlSeconds);
    });
    const expiresAt = issued.expiresAt?.toISOString() ?? null;
    return { json: { token: issued.token, expiresAt }, text: `${issued.token}\n` };
  },
});
