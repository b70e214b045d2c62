/** What the SDK asks with a role token. Whether its user is an admin is looked up at each call. */
import { parseMemberId, type UserName } from '@callreel/contract/ids.ts';
import type { Static } from 'typebox';
import type { AppRecord } from '../../store/rows.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import { fullUserName, readUserName } from '../names.ts';
import { type AdminBody, type AttributesBody, type KickBody, type RolesBody, roleOfCode } from './bodies.ts';
import { assertAdmin, type Call, type Callers, type ConferenceCaller } from './callers.ts';
import type { Rooms } from './rooms.ts';

export type AdminCallParts = { conferences: ConferencesPort; callers: Callers; rooms: Rooms };

/** @throws WebError `service_resource_not_found` */
const userIn = (app: AppRecord, memName: string): UserName => {
  const userName = readUserName(app, memName);
  if (userName === undefined) throw WebError.noSuch('member');
  return userName;
};

export class AdminCalls {
  readonly #parts: AdminCallParts;

  constructor(parts: AdminCallParts) {
    this.#parts = parts;
  }

  async kick(call: Call, { roleToken, confrId, uids }: Static<typeof KickBody>) {
    const admin = await this.#admin(call, roleToken, confrId);
    for (const uid of uids) await this.#parts.conferences.kick(admin.app, admin.confrId, userIn(admin.app, uid));
    return {};
  }

  async disband(call: Call, { roleToken, confrId }: Static<typeof AdminBody>) {
    const admin = await this.#admin(call, roleToken, confrId);
    await this.#parts.conferences.dissolve(admin.app, admin.confrId);
    return {};
  }

  async roles(call: Call, { roleToken, confrId, uids, role }: Static<typeof RolesBody>) {
    const admin = await this.#admin(call, roleToken, confrId);
    for (const uid of uids) await this.#changeRole(admin, userIn(admin.app, uid), role);
    return {};
  }

  /** Also of oneself, which takes no admin. */
  async degrade(call: Call, { roleToken, confrId, uids, role }: Static<typeof RolesBody>) {
    const caller = await this.#parts.callers.byRoleToken(call, roleToken, confrId);
    const users = uids.map((uid) => userIn(caller.app, uid));
    if (users.some((userName) => userName !== caller.userName)) assertAdmin(caller);
    if (role > caller.roleCode) assertAdmin(caller);
    for (const userName of users) await this.#changeRole(caller, userName, role);
    return {};
  }

  /** Attributes are any member's to write, "all are muted" is an admin's to say. */
  async attributes(call: Call, { roleToken, cattrs = [], cstate }: Static<typeof AttributesBody>) {
    const caller = await this.#parts.callers.byRoleToken(call, roleToken);
    if (cstate !== undefined) assertAdmin(caller);
    const room = this.#parts.rooms.find(caller.confrId);
    if (room === undefined) throw WebError.noSuch('member');
    room.attributes.change(cattrs);
    if (cstate !== undefined) room.attributes.muteAll = cstate.muteAll;
    room.tellAttributes();
    return {};
  }

  async #admin(call: Call, roleToken: string, confrId: string | undefined): Promise<ConferenceCaller> {
    const caller = await this.#parts.callers.byRoleToken(call, roleToken, confrId);
    assertAdmin(caller);
    return caller;
  }

  /** Of each member that the user is. */
  async #changeRole({ app, confrId }: ConferenceCaller, userName: UserName, roleCode: number): Promise<void> {
    const { conferences } = this.#parts;
    const { mems } = await conferences.view(app, confrId);
    const own = mems.filter(({ memName }) => memName === fullUserName(app, userName));
    if (own.length === 0) throw WebError.noSuch('member');
    for (const { memberId, role } of own) {
      const id = parseMemberId(memberId);
      if (id === undefined || role === roleCode) continue;
      await conferences.change(app, confrId, id, { role: roleOfCode(roleCode) }, 'admin');
    }
  }
}
