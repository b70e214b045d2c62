/** The calls of the vendor's web SDK. The token is in the body, and what is refused is told there too: the SDK wants 200. */
import type { ErrorCode } from '@callreel/contract/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { takeJson } from '../bodies.ts';
import { asWebError } from '../errors.ts';
import type { Workload } from '../load/workload.ts';
import type { Rates } from '../rates/rates.ts';
import type { Routes, WebApp } from '../web-app.ts';
import type { AdminCalls } from './admin-calls.ts';
import { AdminBody, AttributesBody, KickBody, RolesBody, RoomBody, SelectBody, TicketBody } from './bodies.ts';
import { type Call, tenantOf } from './callers.ts';
import { EMEDIA_PATHS } from './paths.ts';
import { asRefusal, EmediaRefusal } from './refusal.ts';
import type { UserCalls } from './user-calls.ts';

export type HttpRouteParts = { users: UserCalls; admins: AdminCalls; rates: Rates; workload: Workload };

/** These are no answer to what was asked: whoever gets one may ask again. */
const AS_EVERYWHERE: ReadonlySet<ErrorCode> = new Set(['reach_limit', 'server_busy', 'internal_error']);

/** Whose call it seems to be. */
const tenantIn = (body: object): string => {
  const name = Reflect.get(body, 'uid') ?? Reflect.get(body, 'memName');
  return typeof name === 'string' ? tenantOf(name) : 'with a role token';
};

export const emediaRoutes =
  ({ users, admins, rates, workload }: HttpRouteParts): Routes =>
  async (app) => {
    takeJson(app);

    const answer = async (call: Call, work: () => Promise<object>): Promise<object> => {
      try {
        const tenant = tenantIn((call.request.body as object | null) ?? {});
        return { error: 0, ...(await workload.inTurn(call.request, tenant, work)) };
      } catch (error) {
        if (!(error instanceof EmediaRefusal) && AS_EVERYWHERE.has(asWebError(error).reason)) throw error;
        const { code, message } = asRefusal(error);
        return { error: code, errorMessage: message };
      }
    };

    /** Counted as every call without a token in its header. */
    const countAddress = (request: FastifyRequest) => rates.countAddress(request);

    const post = <Body extends TSchema>(
      url: string,
      body: Body,
      work: (call: Call, body: Static<Body>) => Promise<object>,
    ): void => {
      (app as WebApp).post(
        url,
        { onRequest: countAddress, schema: { hide: true, body } },
        (request: FastifyRequest, reply: FastifyReply) => {
          const call = { request, reply };
          return answer(call, () => work(call, request.body as Static<Body>));
        },
      );
    };

    post(EMEDIA_PATHS.ticket, TicketBody, (call, body) => users.ticket(call, body));
    post(EMEDIA_PATHS.select, SelectBody, (call, body) => users.select(call, body));
    post(EMEDIA_PATHS.room, RoomBody, (call, body) => users.room(call, body));
    post(EMEDIA_PATHS.kick, KickBody, (call, body) => admins.kick(call, body));
    post(EMEDIA_PATHS.disband, AdminBody, (call, body) => admins.disband(call, body));
    post(EMEDIA_PATHS.roles, RolesBody, (call, body) => admins.roles(call, body));
    post(EMEDIA_PATHS.degrade, RolesBody, (call, body) => admins.degrade(call, body));
    post(EMEDIA_PATHS.attributes, AttributesBody, (call, body) => admins.attributes(call, body));

    const noLive = async () => {
      const { code, message } = EmediaRefusal.notServed('Streaming to the public');
      return { error: code, errorMessage: message };
    };
    app.post(EMEDIA_PATHS.liveSettings, { onRequest: countAddress, schema: { hide: true } }, noLive);
    app.post(EMEDIA_PATHS.liveLayout, { onRequest: countAddress, schema: { hide: true } }, noLive);
    app.delete(EMEDIA_PATHS.liveEnd, { onRequest: countAddress, schema: { hide: true } }, noLive);
  };
