/** What the SDK needs to enter a conference: handed out by HTTP, given back over the socket. */
import { ROLE_CODES, type Role } from '@callreel/contract/conference.ts';
import type { ConfrId } from '@callreel/contract/ids.ts';
import { socketUrlOf } from '../base-url.ts';
import { fullUserName } from '../names.ts';
import type { Caller } from './callers.ts';
import { EMEDIA_PATHS } from './paths.ts';
import type { Proofs } from './proofs.ts';

export type TicketsParts = { proofs: Proofs; baseUrl: () => string; nowMs: () => number };

/** The SDK knows of others, for which the server would have to mix sound. */
export const PLAIN_TYPE = 10;

export class Tickets {
  readonly #parts: TicketsParts;

  constructor(parts: TicketsParts) {
    this.#parts = parts;
  }

  async issue({ app, userName, userToken }: Caller, confrId: ConfrId, role: Role) {
    const { proofs, nowMs } = this.#parts;
    const proven = { appId: app.id, org: app.org, appName: app.name, confrId, userName, role, userToken };
    const ticket = {
      tktId: confrId,
      url: this.#socketUrl(EMEDIA_PATHS.socket),
      qoeUpUrl: this.#socketUrl(EMEDIA_PATHS.quality),
      confrId,
      memName: fullUserName(app, userName),
      type: 'CONFR',
      timestamp: nowMs(),
      proof: await proofs.issue('ticket', proven),
    };
    return {
      confrId,
      type: PLAIN_TYPE,
      role: ROLE_CODES[role],
      roleToken: await proofs.issue('role', proven),
      ticket: JSON.stringify(ticket),
    };
  }

  /** In the one form that a browser gives back: the SDK drops every event of a socket whose address it does not know again. */
  #socketUrl(path: string): string {
    return new URL(socketUrlOf(this.#parts.baseUrl()) + path).href;
  }
}
