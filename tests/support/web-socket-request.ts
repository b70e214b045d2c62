/** Asks for a WebSocket as HTTP sees it: `fetch` cannot, and `WebSocket` does not show the answer. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Answer } from '../api/web-fixture.ts';

/** As a browser's page does, which can set no header of its own. Undefined takes one out. */
export const webSocketHeaders = (
  token: string | undefined,
  changed: Record<string, string | undefined> = {},
): Record<string, string> => {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': ['callreel.v1', ...(token === undefined ? [] : [`bearer.${token}`])].join(', '),
    ...changed,
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
};

export const askForWebSocket = (
  url: URL,
  token: string | undefined,
  changed: Record<string, string | undefined> = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { headers: webSocketHeaders(token, changed), agent: false });
    const answerOf = (status: number, headers: Record<string, unknown>, body: string): Answer => ({
      status,
      headers: new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])),
      text: body,
      json: () => JSON.parse(body),
    });
    sent.on('error', reject);
    sent.on('upgrade', ({ statusCode = 0, headers }, socket) => {
      socket.destroy();
      resolve(answerOf(statusCode, headers, ''));
    });
    sent.on('response', (response) => {
      text(response).then((body) => resolve(answerOf(response.statusCode ?? 0, response.headers, body)), reject);
    });
    sent.end();
  });
