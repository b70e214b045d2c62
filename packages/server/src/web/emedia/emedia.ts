/**
 * The vendor's web SDK, served as it is: its HTTP calls and its socket over the same conferences that WHIP, WHEP and the events serve. Those
 * who come by the one are members among those who come by the other.
 */
import type { Logger } from '../../base/log.ts';
import type { IceServers } from '../../conference/ice-servers.ts';
import type { Store } from '../../store/store.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import type { DiskRoom } from '../load/disk-room.ts';
import type { Workload } from '../load/workload.ts';
import type { Rates } from '../rates/rates.ts';
import type { Tokens } from '../tokens.ts';
import type { Routes } from '../web-app.ts';
import { AdminCalls } from './admin-calls.ts';
import { Callers } from './callers.ts';
import { emediaRoutes } from './http-routes.ts';
import { Proofs } from './proofs.ts';
import { Rooms } from './rooms.ts';
import { Sessions } from './sessions.ts';
import { emediaSocketRoutes } from './socket-routes.ts';
import { Tickets } from './tickets.ts';
import { UserCalls } from './user-calls.ts';

export type EmediaParts = {
  store: Pick<Store, 'apps' | 'linkKeys'>;
  conferences: ConferencesPort;
  iceServers: IceServers;
  tokens: Tokens;
  rates: Rates;
  workload: Workload;
  disk: DiskRoom;
  baseUrl: () => string;
  origins: () => readonly string[];
  /** Milliseconds since 1970. */
  nowMs: () => number;
  log: Logger;
};

export const emedia =
  ({ store, disk, baseUrl, origins, nowMs, ...shared }: EmediaParts): Routes =>
  async (app) => {
    const { conferences, workload, tokens, rates } = shared;
    const { apps } = store;
    const proofs = new Proofs({ keys: store.linkKeys, nowMs });
    const rooms = new Rooms({ conferences, nowMs });
    const callers = new Callers({ apps, tokens, rates, conferences, proofs });
    const users = new UserCalls({ conferences, callers, rates, tickets: new Tickets({ proofs, baseUrl, nowMs }) });
    const admins = new AdminCalls({ conferences, callers, rooms });
    const sessions = new Sessions({ ...shared, apps, proofs, rooms, assertRoom: disk.assertRoom });
    app.addHook('preClose', () => sessions.close());
    await app.register(emediaRoutes({ users, admins, rates, workload }));
    await app.register(emediaSocketRoutes({ sessions, tokens, rates, workload, origins }));
  };
