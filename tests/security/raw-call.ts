/** Calls as no client library would make them: the path and the header go out as they are. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WebFixture } from '../api/web-fixture.ts';

export type RawAnswer = { status: number; head: string; body: string; error: string | undefined };

export type RawCall =
  | { method?: string; path: string; token?: string; headers?: readonly string[]; body?: string }
  /** All of it, as it goes out. */
  | { raw: string };

const errorIn = (body: string): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && 'error' in parsed ? String(parsed.error) : undefined;
  } catch {
    return undefined;
  }
};

const textOf = (call: RawCall): string => {
  if ('raw' in call) return call.raw;
  const { method = 'GET', path, token, headers = [], body = '' } = call;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: x',
    'Connection: close',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === '' ? [] : [`Content-Length: ${body.length}`]),
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
};

/** One call over a connection of its own. Characters go out as bytes of Latin-1. */
export const callRaw = async ({ url }: WebFixture, call: RawCall): Promise<RawAnswer> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(Buffer.from(textOf(call), 'latin1'));
  const [head = '', ...rest] = (await text(socket)).split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body, error: errorIn(body) };
};
