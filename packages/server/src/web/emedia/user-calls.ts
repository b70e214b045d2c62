/** What a user asks with his own token: a conference, and a ticket for it. */
import type { Role } from '@callreel/contract/conference.ts';
import { ROLE_CODES } from '@callreel/contract/conference.ts';
import { type ConfrId, parseConfrId } from '@callreel/contract/ids.ts';
import type { Static } from 'typebox';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import type { Rates } from '../rates/rates.ts';
import { creationIn, passwordIn, type RoomBody, roleOfCode, type SelectBody, type TicketBody } from './bodies.ts';
import type { Call, Caller, Callers } from './callers.ts';
import { PLAIN_TYPE, type Tickets } from './tickets.ts';

export type UserCallParts = { conferences: ConferencesPort; callers: Callers; tickets: Tickets; rates: Rates };

type Wish = { password?: string; role?: Role };

export class UserCalls {
  readonly #parts: UserCallParts;

  constructor(parts: UserCallParts) {
    this.#parts = parts;
  }

  /** For a conference that there is, or for a new one, whose admin he is. */
  async ticket(call: Call, body: Static<typeof TicketBody>) {
    const { callers, conferences, tickets } = this.#parts;
    const caller = await callers.user(call, body.uid, body.token);
    if (body.confrId === undefined || body.confrId === null) {
      assertMayCreate(caller);
      const { id, password } = await conferences.create(caller.app, creationIn(body), caller.userName);
      return { ...(await tickets.issue(caller, confrIdIn(id), 'admin')), password };
    }
    const confrId = confrIdIn(body.confrId);
    const role = typeof body.role === 'number' ? { role: roleOfCode(body.role) } : {};
    return tickets.issue(caller, confrId, await this.#roleFor(call, caller, confrId, { ...passwordIn(body), ...role }));
  }

  /** Whether he may come in, and who is there. */
  async select(call: Call, body: Static<typeof SelectBody>) {
    const { callers, conferences } = this.#parts;
    const caller = await callers.user(call, body.uid, body.token);
    const confrId = confrIdIn(body.confrId);
    await this.#roleFor(call, caller, confrId, passwordIn(body));
    const { mems } = await conferences.view(caller.app, confrId);
    const talkers = mems.filter(({ role }) => role !== ROLE_CODES.audience);
    const confr = {
      id: confrId,
      type: PLAIN_TYPE,
      memTotal: mems.length,
      audienceTotal: mems.length - talkers.length,
      talkers: talkers.map(({ memName }) => memName),
    };
    return { confr };
  }

  /** The conference of a name; the first who asks makes it, and his settings are those that count. */
  async room(call: Call, body: Static<typeof RoomBody>) {
    const { callers, conferences } = this.#parts;
    const caller = await callers.user(call, body.memName, body.token);
    assertInPath(call, caller);
    assertMayCreate(caller);
    const { app, userName } = caller;
    const { confrId, isNew } = await conferences.entrance.enterRoom(app, body.roomName, creationIn(body), userName);
    if (!isNew) await this.#roleFor(call, caller, confrId, passwordIn(body));
    return { confrId, isCreator: isNew };
  }

  #roleFor({ request }: Call, { app, userName }: Caller, confrId: ConfrId, wish: Wish): Promise<Role> {
    const { conferences, rates } = this.#parts;
    const look = async () => conferences.entrance.roleFor(app, confrId, { userName, trusted: false, ...wish });
    return wish.password === undefined ? look() : rates.attempt(request, app, `password by ${userName}`, look);
  }
}

const confrIdIn = (text: string): ConfrId => {
  const confrId = parseConfrId(text);
  if (confrId === undefined) throw WebError.noSuch('conference');
  return confrId;
};

const assertMayCreate = ({ app }: Caller): void => {
  if (!app.usersMayCreate) throw WebError.forbidden('This application lets no user create conferences');
};

const assertInPath = ({ request }: Call, { app }: Caller): void => {
  const named = request.params as { org?: string; app?: string };
  const isIt = `${named.org}/${named.app}`.toLowerCase() === `${app.org}/${app.name}`.toLowerCase();
  if (!isIt) throw WebError.forbidden("This is another application's token");
};
