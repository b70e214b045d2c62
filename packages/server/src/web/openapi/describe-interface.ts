/** The description of the interface, made of the routes' own schemas and of the table of operations. */
import { ROUTES } from '@callreel/contract/routes.ts';
import { fastifySwagger } from '@fastify/swagger';
import type { WebApp } from '../web-app.ts';
import { complete } from './complete.ts';
import type { OpenApiDocument } from './document.ts';

const DESCRIPTION = [
  'Self-hosted recording of real-time calls.',
  'Every error bears the same body, and every answer X-Request-Id.',
  'Times without a zone are in the display time zone (Asia/Shanghai unless the operator set another).',
  'Checks are made in this order: path and method (404, 405), application (404), token (401), whether it may (403), rate (429),',
  'type and size of the body (415, 413), values (400), state (404, 409), load (503).',
].join(' ');

const TAGS = [
  { name: 'recordings', description: 'Listing finished files, searching and deleting them' },
  { name: 'files', description: 'Downloading a file under its link' },
  { name: 'tokens', description: 'Access tokens' },
  { name: 'users', description: "An application's users" },
  { name: 'conferences', description: 'Conferences' },
  { name: 'members', description: 'Joining and leaving' },
  { name: 'calls', description: 'One-to-one calls' },
  { name: 'events', description: 'What happens in a conference' },
  { name: 'whip', description: 'Publishing media' },
  { name: 'whep', description: 'Receiving media' },
  { name: 'service', description: 'The service itself' },
];

const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description }) as const;

const SECURITY_SCHEMES = {
  appToken: bearer("An application's token: `POST /{org}/{app}/token` with its client_id and client_secret"),
  userToken: bearer("A user's token: the same call with his name and password"),
  memberToken: bearer('What joining a conference answers: good for that conference alone'),
};

/** Must be added before the routes it is to describe. */
export const describeInterface = (app: WebApp, version: string): void => {
  app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Callreel', version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
      servers: [{ url: '/' }],
      tags: TAGS,
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: ({ schema, url }) => ({ schema, url: url.replace('*', ':objectKey') }),
  });
};

export const describeAt = async (app: WebApp): Promise<void> => {
  let made: OpenApiDocument | undefined;
  const schema = { tags: ['service'], summary: 'This description, as OpenAPI 3.1' };
  app.get(ROUTES.openapi, { schema }, async () => {
    made ??= complete(app.swagger() as unknown as OpenApiDocument);
    return made;
  });
};
