/** Takes a token back before its time. */
import { DONE, DoneView } from '@callreel/contract/done.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import { RevokeTokenBody } from '@callreel/contract/token.ts';
import { takeJson } from '../bodies.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Tokens } from '../tokens.ts';
import { paramsOf, type Routes } from '../web-app.ts';

export type RevokeRouteParts = { gate: Gate; tokens: Tokens; conferences: ConferencesPort };

export const revokeRoutes =
  ({ gate, tokens, conferences }: RevokeRouteParts): Routes =>
  async (app) => {
    takeJson(app);
    app.post(
      ROUTES.revokeToken,
      {
        onRequest: gate.only('app', 'user', 'member'),
        schema: {
          tags: ['tokens'],
          summary: "Revokes a token, and what it had open ends; a user's or member's token may revoke itself",
          params: paramsOf(ROUTES.revokeToken),
          body: RevokeTokenBody,
          response: { 200: DoneView },
        },
      },
      async (request) => {
        const { token } = request.body;
        const isOwn = token === gate.tokenOf(request);
        if (gate.holderOf(request).kind !== 'app' && !isOwn)
          throw WebError.forbidden("Only the application's token may revoke another");
        const target = await tokens.verify(token);
        // One that is expired or revoked already has nothing left to take back.
        if (target.kind === 'unauthorized') return DONE;
        if (target.kind === 'badToken' || target.appId !== gate.appOf(request).id) throw WebError.noSuch('token');
        await tokens.revoke(token);
        // What it had open here ends with it now; other nodes see to theirs.
        await conferences.endRevoked();
        return DONE;
      },
    );
  };
