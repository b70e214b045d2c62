/** 405 and OPTIONS: fastify knows a route by its path and method together, and answers 404 to a path that has others. */
import { METHODS } from 'node:http';
import { WebError } from './errors.ts';
import type { WebApp } from './web-app.ts';

/** CONNECT never comes here: node hands it to a listener of its own. */
const OTHER_METHODS = METHODS.filter((method) => method !== 'CONNECT');

/**
 * Notes the methods of every route that is added from now on. Returns what to call when all have been added: it gives each path an
 * answer to every other method.
 */
export const watchMethods = (app: WebApp): ((app: WebApp) => Promise<void>) => {
  const methodsByPath = new Map<string, Set<string>>();
  let complete = false;
  app.addHook('onRoute', ({ url, method }) => {
    if (complete) return;
    const methods = methodsByPath.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    methodsByPath.set(url, methods);
  });
  return async (app) => {
    complete = true;
    for (const method of OTHER_METHODS) {
      if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
    }
    for (const [url, methods] of methodsByPath) answerOthers(app, url, methods);
  };
};

const answerOthers = (app: WebApp, url: string, methods: ReadonlySet<string>): void => {
  const allowed = [...new Set([...methods, 'OPTIONS'])].sort();
  const others = OTHER_METHODS.filter((method) => !allowed.includes(method));
  app.route({
    method: others,
    url,
    schema: { hide: true },
    // Before the body is looked at: the route comes first in the order of checks.
    onRequest: async () => {
      throw WebError.methodNotAllowed(allowed);
    },
    handler: () => undefined,
  });
  if (methods.has('OPTIONS')) return;
  app.options(url, { schema: { hide: true } }, (_, reply) =>
    reply.code(204).header('allow', allowed.join(', ')).send(),
  );
};
