/** The types of our fastify instance. */
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { ParamName, ROUTES } from '@callreel/contract/routes.ts';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
} from 'fastify';
import { type TObject, type TString, Type } from 'typebox';

export type WebServer = Server | SecureServer;

export type WebApp = FastifyInstance<
  WebServer,
  RawRequestDefaultExpression<WebServer>,
  RawReplyDefaultExpression<WebServer>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A group of routes, with the content types it takes. */
export type Routes = (app: WebApp) => Promise<void>;

type Route = (typeof ROUTES)[keyof typeof ROUTES];
type Params<Path extends Route> = TObject<Record<ParamName<Path>, TString>>;

/** The schema of a route's path parameters: text, whose form the handler judges, since a wrong id is a 404 and not a 400. */
export const paramsOf = <Path extends Route>(route: Path): Params<Path> => {
  const names = [...route.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => name);
  return Type.Object(Object.fromEntries(names.map((name) => [name, Type.String()]))) as unknown as Params<Path>;
};

/**
 * What a route that ends in `*` matched there, decoded. Such a route has no schema of its parameters: TypeBox 1.4 makes an invalid
 * regular expression of the name `*`.
 */
export const restOfPath = (request: { params: unknown }): string => (request.params as { '*': string })['*'];
