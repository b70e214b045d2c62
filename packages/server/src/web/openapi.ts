/** The description of the interface, made of the routes' own schemas. */

import { ErrorBody } from '@callreel/contract/errors.ts';
import { ROUTES } from '@callreel/contract/routes.ts';
import { fastifySwagger } from '@fastify/swagger';
import type { WebApp } from './web-app.ts';

const DESCRIPTION =
  'Every error bears the same body, and every answer X-Request-Id. Times in the retrieval calls are in the display time zone.';

/** Must be added before the routes it is to describe. */
export const describeInterface = (app: WebApp, version: string): void => {
  app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Callreel', version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: ({ schema, url }) => {
      const response = { ...Object(schema.response), default: { description: 'What went wrong', ...ErrorBody } };
      return { schema: schema.hide ? schema : { ...schema, response }, url: url.replace('*', ':objectKey') };
    },
  });
};

export const describeAt = async (app: WebApp): Promise<void> => {
  app.get(ROUTES.openapi, { schema: { hide: true } }, async () => app.swagger());
};
