/** The page at `/`, the one at `/docs`, and the files they are made of. */
import { ROUTES } from '@callreel/contract/routes.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Asset, Assets } from '../assets.ts';
import { WebError } from '../errors.ts';
import { PERMISSIONS_POLICY, pagePolicy } from '../page-policy.ts';
import { isNotModified } from '../preconditions.ts';
import { type Routes, restOfPath } from '../web-app.ts';

export type PageRouteParts = { assets: Assets; baseUrl: () => string; timeZone: string };

const PAGE = 'console/index.html';
const DOCS = 'console/docs.html';

/** The page shows times as the calls write them. */
const withTimeZone = (html: string, timeZone: string): string =>
  html.replace(/(<meta name="callreel-time-zone" content=")[^"]*/, (_, start: string) => start + timeZone);

/** Kept by browsers, but asked for anew each time: what they have is good for as long as its content is ours. */
const sendAsset = (request: FastifyRequest, reply: FastifyReply, { body, contentType, etag }: Asset): FastifyReply => {
  reply.headers({ etag, 'cache-control': 'no-cache' });
  if (isNotModified(request.headers, { etag, modifiedMs: Number.POSITIVE_INFINITY })) return reply.code(304).send();
  return reply.type(contentType).send(body);
};

export const pageRoutes =
  ({ assets, baseUrl, timeZone }: PageRouteParts): Routes =>
  async (app) => {
    const sendPage = async (reply: FastifyReply, path: string): Promise<FastifyReply> => {
      const page = await assets.find(path);
      if (page === undefined) throw WebError.noSuchPath();
      const html = withTimeZone(page.body.toString(), timeZone);
      return reply
        .headers({ 'content-security-policy': pagePolicy(html, baseUrl()), 'permissions-policy': PERMISSIONS_POLICY })
        .header('cache-control', 'no-cache')
        .type(page.contentType)
        .send(html);
    };

    app.get(ROUTES.page, { schema: { hide: true } }, (_, reply) => sendPage(reply, PAGE));
    app.get(ROUTES.docs, { schema: { hide: true } }, (_, reply) => sendPage(reply, DOCS));

    app.get('/assets/*', { schema: { hide: true } }, async (request, reply) => {
      const path = restOfPath(request);
      const asset = path === PAGE || path === DOCS ? undefined : await assets.find(path);
      if (asset === undefined) throw WebError.noSuchPath();
      return sendAsset(request, reply, asset);
    });
  };
