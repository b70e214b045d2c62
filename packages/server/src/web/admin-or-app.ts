/** For calls of an application and of the admins among a conference's members; behind a gate that lets both in. */
import type { FastifyRequest } from 'fastify';
import type { ConferencesPort } from './conferences-port.ts';
import { WebError } from './errors.ts';
import type { Gate } from './gate.ts';

export const adminOrApp =
  (gate: Gate, conferences: ConferencesPort) =>
  async (request: FastifyRequest): Promise<void> => {
    const holder = gate.holderOf(request);
    const may = holder.kind === 'app' || (holder.kind === 'member' && conferences.roleOf(holder) === 'admin');
    if (!may) throw WebError.forbidden("This takes the application's token, or that of an admin of the conference");
  };
