/** An app's users: made and deleted by its own server. */
import { parseUserName, type UserName } from '@callreel/contract/ids.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import { CreateUserBody, UserView } from '@callreel/contract/token.ts';
import type { AppRecord } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { takeJson } from '../bodies.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Passwords } from '../passwords.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type UserRouteParts = {
  gate: Gate;
  users: Store['users'];
  passwords: Passwords;
  conferences: Pick<ConferencesPort, 'endRevoked'>;
};

const userView = (app: AppRecord, name: UserName): UserView => ({
  application: app.uuid,
  organization: app.org,
  applicationName: app.name,
  entities: [{ type: 'user', username: name }],
  timestamp: Date.now(),
});

export const userRoutes =
  ({ gate, users, passwords, conferences }: UserRouteParts): Routes =>
  async (app) => {
    takeJson(app);
    app.post(
      ROUTES.users,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['users'],
          summary: 'Creates a user',
          params: paramsOf(ROUTES.users),
          body: CreateUserBody,
          response: { 200: UserView },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const name = parseUserName(request.body.username);
        if (name === undefined)
          throw WebError.illegalArgument('username', '1 to 64 letters, digits, dots, dashes or underscores');
        // The common case of a repeated call is told without the cost of a hash; two at once are told apart by the store.
        if (await users.find(owner.id, name)) throw WebError.of('duplicate_unique_property_exists', 'This user exists');
        await users.create(owner.id, name, await passwords.hash(request.body.password));
        return userView(owner, name);
      },
    );

    app.delete(
      ROUTES.user,
      {
        onRequest: gate.only('app'),
        schema: {
          tags: ['users'],
          summary: 'Deletes a user: his tokens die, and he is out of every conference',
          params: paramsOf(ROUTES.user),
          response: { 200: UserView },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const name = parseUserName(request.params.username);
        const removed = name !== undefined && (await users.remove(owner.id, name));
        if (!removed) throw WebError.noSuch('user');
        await conferences.endRevoked();
        return userView(owner, name);
      },
    );
  };
