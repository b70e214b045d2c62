/** Joining a conference, and leaving it or being made to. */
import { ChangeMemberBody, JoinBody, JoinView, MemberView } from '@callreel/contract/conference.ts';
import { DONE, DoneView } from '@callreel/contract/done.ts';
import { type ConfrId, parseMemberId } from '@callreel/contract/ids.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyRequest } from 'fastify';
import type { JoinRequest } from '../../conference/admission.ts';
import type { AppRecord } from '../../store/rows.ts';
import { adminOrApp } from '../admin-or-app.ts';
import { takeJson } from '../bodies.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { joinViewOf } from '../join-view.ts';
import { readUserName } from '../names.ts';
import type { Rates } from '../rates/rates.ts';
import type { Verified } from '../tokens.ts';
import { paramsOf, type Routes } from '../web-app.ts';
import { confrIdIn } from './conferences.ts';

export type MemberRouteParts = { gate: Gate; conferences: ConferencesPort; baseUrl: () => string; rates: Rates };

/** The app says who joins and as what; a user joins as himself, with the password, as what the conference lets him. */
const joinRequest = (app: AppRecord, holder: Verified, body: JoinBody): JoinRequest => {
  const named = body.userName === undefined ? undefined : readUserName(app, body.userName);
  if (holder.kind !== 'app') return joinAsSelf(holder, named, body);
  if (named === undefined) throw WebError.illegalArgument('userName', 'the name of a user of this application');
  return { userName: named, trusted: true, ...(body.role === undefined ? {} : { role: body.role }) };
};

const joinAsSelf = (
  holder: Exclude<Verified, { kind: 'app' }>,
  named: string | undefined,
  body: JoinBody,
): JoinRequest => {
  const asAnother = body.userName !== undefined && named !== holder.userName;
  if (asAnother) throw WebError.forbidden('A user joins as himself alone');
  if (body.role !== undefined) throw WebError.forbidden("Only the application's token may give a role");
  return {
    userName: holder.userName,
    trusted: false,
    ...(body.password === undefined ? {} : { password: body.password }),
  };
};

export const memberRoutes =
  ({ gate, conferences, baseUrl, rates }: MemberRouteParts): Routes =>
  async (app) => {
    const join = (request: FastifyRequest, owner: AppRecord, confrId: ConfrId, joining: JoinRequest) => {
      const make = () => conferences.join(owner, confrId, joining);
      if (joining.trusted || joining.password === undefined) return make();
      return rates.attempt(request, owner, `password by ${joining.userName}`, make);
    };

    takeJson(app);
    app.post(
      ROUTES.join,
      {
        onRequest: gate.only('app', 'user'),
        schema: {
          tags: ['members'],
          summary: "Joins a conference: a user with his token and the password, or whom the application's token names",
          params: paramsOf(ROUTES.join),
          body: JoinBody,
          response: { 200: JoinView },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const holder = gate.holderOf(request);
        const userToken = holder.kind === 'user' ? gate.tokenOf(request) : undefined;
        const { nickname, ext } = request.body;
        const joining = {
          ...joinRequest(owner, holder, request.body),
          ...(userToken && { userToken }),
          ...(nickname !== undefined && { nickname }),
          ...(ext !== undefined && { ext }),
        };
        const confrId = confrIdIn(request.params);
        return joinViewOf(baseUrl(), owner, confrId, await join(request, owner, confrId, joining));
      },
    );

    app.post(
      ROUTES.member,
      {
        onRequest: [gate.only('app', 'member'), adminOrApp(gate, conferences)],
        schema: {
          tags: ['members'],
          summary: 'Gives a member another role, or silences him; a role lowered to audience ends what he publishes',
          params: paramsOf(ROUTES.member),
          body: ChangeMemberBody,
          response: { 200: MemberView },
        },
      },
      async (request) => {
        const { role, mute } = request.body;
        if (role === undefined && mute === undefined) throw WebError.illegalArgument('role or mute', 'given');
        const confrId = confrIdIn(request.params);
        const memberId = parseMemberId(request.params.memberId);
        if (memberId === undefined) throw WebError.noSuch('member');
        const giver = gate.holderOf(request).kind === 'app' ? 'app' : 'admin';
        return conferences.change(gate.appOf(request), confrId, memberId, request.body, giver);
      },
    );

    app.delete(
      ROUTES.member,
      {
        onRequest: gate.only('app', 'member'),
        schema: {
          tags: ['members'],
          summary: "Leaves, with the member's own token; removes for good, with the application's or an admin's",
          params: paramsOf(ROUTES.member),
          response: { 200: DoneView },
        },
      },
      async (request) => {
        const owner = gate.appOf(request);
        const holder = gate.holderOf(request);
        const memberId = parseMemberId(request.params.memberId);
        if (holder.kind === 'member' && holder.memberId === memberId) {
          await conferences.leave(holder);
          return DONE;
        }
        if (holder.kind === 'member' && conferences.roleOf(holder) !== 'admin') {
          throw WebError.forbidden('Only an admin may remove another member');
        }
        const confrId = confrIdIn(request.params);
        if (memberId === undefined) throw WebError.noSuch('member');
        await conferences.kick(owner, confrId, conferences.userOf(owner, confrId, memberId));
        return DONE;
      },
    );
  };
