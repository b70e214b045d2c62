/** What an operator's Prometheus reads. */
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { WebError } from '../errors.ts';
import { mayReadFigures } from '../metrics/access.ts';
import { EXPOSITION_TYPE, expose } from '../metrics/exposition.ts';
import { type FigureSources, gatherFigures } from '../metrics/figures.ts';
import type { RequestFigures } from '../metrics/request-figures.ts';
import type { Rates } from '../rates/rates.ts';
import type { Routes } from '../web-app.ts';

export type MetricsRouteParts = {
  /** The operator's; undefined: this machine alone. */
  token: string | undefined;
  requests: RequestFigures;
  sources: FigureSources;
  rates: Rates;
};

export const metricsRoutes =
  ({ token, requests, sources, rates }: MetricsRouteParts): Routes =>
  async (app) => {
    const admit = async (request: FastifyRequest): Promise<void> => {
      if (mayReadFigures(request, token)) return;
      await rates.countAddress(request);
      throw WebError.forbidden("This takes a call from the service's own machine, or the operator's token");
    };

    app.get(
      ROUTES.metrics,
      {
        onRequest: admit,
        schema: {
          tags: ['service'],
          summary: 'Figures of this node for Prometheus',
          security: [],
          response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
        },
      },
      async (_, reply) => {
        const families = [...requests.families(), ...(await gatherFigures(sources))];
        return reply
          .type(EXPOSITION_TYPE)
          .serializer((text: string) => text)
          .send(expose(families));
      },
    );
  };
