/** Who may read the figures: a caller on this machine, or one with the operator's token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../../base/loopback.ts';
import { bearerOf } from '../gate.ts';

/** What proxies say of whom they speak for. With one of these the caller is another than the socket's other end. */
const FORWARDED =
  /^(?:forwarded|via|x-forwarded-.+|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip)$/;

const isForwarded = ({ headers }: FastifyRequest): boolean => Object.keys(headers).some((name) => FORWARDED.test(name));

/** By the socket: `request.ip` is what a proxy said. */
const isLocal = (request: FastifyRequest): boolean =>
  !isForwarded(request) && isLoopback(request.raw.socket.remoteAddress ?? '');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** `token`: the operator's; undefined where there is none. */
export const mayReadFigures = (request: FastifyRequest, token: string | undefined): boolean => {
  if (isLocal(request)) return true;
  const given = bearerOf(request);
  return token !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(token));
};
