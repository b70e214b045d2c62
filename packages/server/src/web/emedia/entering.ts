/** From a ticket to a seat: a new member, or one who comes back. */
import { ROLE_CODES } from '@callreel/contract/conference.ts';
import type { FastifyRequest } from 'fastify';
import type { MemberRef } from '../../conference/conferences.ts';
import type { IceServers } from '../../conference/ice-servers.ts';
import type { AppRecord } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import type { Workload } from '../load/workload.ts';
import type { Rates } from '../rates/rates.ts';
import type { Tokens } from '../tokens.ts';
import type { Asked } from './frames.ts';
import type { Proofs, Proven } from './proofs.ts';
import { asEnterRefusal, EmediaRefusal } from './refusal.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import { Seat } from './seat.ts';
import { memberNameOf, SDK_VIDEO_CODECS } from './views.ts';

export type EnteringParts = {
  apps: Store['apps'];
  conferences: ConferencesPort;
  tokens: Tokens;
  rates: Rates;
  workload: Workload;
  proofs: Proofs;
  rooms: Rooms;
  iceServers: IceServers;
};

export type Entered = { room: Room; seat: Seat };

const LONGEST_NICKNAME = 64;

/** The whole ticket comes back, as an object or as the text that it was. */
const proofIn = (ticket: unknown): string => {
  try {
    const value: unknown = typeof ticket === 'string' ? JSON.parse(ticket) : ticket;
    const proof = typeof value === 'object' && value !== null ? Reflect.get(value, 'proof') : undefined;
    return typeof proof === 'string' ? proof : '';
  } catch {
    return '';
  }
};

/** @throws EmediaRefusal */
export const enter = async (parts: EnteringParts, request: FastifyRequest, asked: Asked<'enter'>): Promise<Entered> => {
  try {
    const proven = await parts.proofs.verify('ticket', proofIn(asked.tkt));
    const tenant = `${proven.org}/${proven.appName}`.toLowerCase();
    return await parts.workload.inTurn(request, tenant, async () => {
      const app = await parts.apps.find(proven.org, proven.appName);
      if (app?.id !== proven.appId) throw EmediaRefusal.leaving('conferenceGone');
      await parts.rates.countAccount(request, app, `user ${proven.userName}`);
      if (asked.sessId !== undefined) return comeBack(parts, app, proven, asked.sessId);
      return join(parts, app, proven, asked);
    });
  } catch (error) {
    throw asEnterRefusal(error);
  }
};

const join = async (parts: EnteringParts, app: AppRecord, proven: Proven, asked: Asked<'enter'>): Promise<Entered> => {
  const { confrId, userName, role, userToken } = proven;
  const nickname = nicknameOf(app, proven, asked.nickName);
  const joined = await parts.conferences.join(app, confrId, {
    ...{ userName, role, userToken, trusted: true },
    ...(nickname !== undefined && { nickname }),
    ...(typeof asked.ext === 'string' && { ext: asked.ext }),
  });
  return seatIn(parts, app, proven, { ...memberRef(app, proven), memberId: joined.memberId }, joined.token);
};

/** Whoever names himself as the SDK does by itself has no other name. */
const nicknameOf = (app: AppRecord, { userName }: Proven, given: string | null | undefined): string | undefined => {
  if (given === undefined || given === null || given === '' || given === memberNameOf(app, { userName }))
    return undefined;
  return given.slice(0, LONGEST_NICKNAME);
};

const memberRef = (app: AppRecord, { confrId, userName }: Proven): Omit<MemberRef, 'memberId'> => ({
  ...{ appId: app.id, confrId, userName },
});

const comeBack = async (parts: EnteringParts, app: AppRecord, proven: Proven, sessId: string): Promise<Entered> => {
  const { events } = parts.conferences;
  events.assertOpen(app.id, proven.confrId, undefined);
  const verdict = await parts.tokens.verify(sessId);
  const isHis =
    verdict.kind === 'member' &&
    verdict.appId === app.id &&
    verdict.confrId === proven.confrId &&
    verdict.userName === proven.userName;
  if (!isHis) throw EmediaRefusal.leaving('sessionGone');
  const ref = { ...memberRef(app, proven), memberId: verdict.memberId };
  events.assertOpen(app.id, proven.confrId, ref);
  return seatIn(parts, app, proven, ref, sessId);
};

const seatIn = async (
  { rooms, proofs }: EnteringParts,
  app: AppRecord,
  proven: Proven,
  ref: MemberRef,
  sessId: string,
): Promise<Entered> => {
  const roleToken = await proofs.issue('role', proven);
  const room = rooms.open(app, proven.confrId);
  const seat = room.seatOf(ref.memberId) ?? new Seat(ref, sessId, roleToken);
  room.add(seat);
  return { room, seat };
};

/** What a session begins with. */
export const enteredView = ({ room, seat }: Entered, iceServers: IceServers) => ({
  sessId: seat.sessId,
  memId: seat.memberId,
  role: ROLE_CODES[room.member(seat.memberId)?.role ?? 'audience'],
  roleToken: seat.roleToken,
  vcodes: SDK_VIDEO_CODECS,
  ...room.attributes.view(),
  ...room.snapshotFor(seat),
  ...rtcSettings(iceServers.for(seat.memberId)),
});

/** A page uses them where it sets `useRTCCfgIfServerReturn`. */
const rtcSettings = (iceServers: readonly object[]) =>
  iceServers.length === 0 ? {} : { rtcCfg: JSON.stringify({ iceServers }) };
