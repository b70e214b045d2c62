import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { CallreelApi } from './callreel-api.ts';
import { ClientError } from './client-error.ts';

type Seen = { method: string | undefined; url: string | undefined; authorization: string | undefined; body: string };

let server: Server;
let baseUrl = '';
let seen: Seen[] = [];
let reply = { status: 200, body: '[]' };

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};

before(async () => {
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, authorization: headers.authorization, body: await readBody(request) });
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  seen = [];
  reply = { status: 200, body: '[]' };
});

const api = () => new CallreelApi({ baseUrl, org: 'acme', app: 'shop one' }, 'YWMt1');

test('a token is asked for with the credentials and a lifetime', async () => {
  reply.body = '{"access_token":"YWMt1","expires_in":60,"application":"x"}';
  const token = await CallreelApi.requestToken(
    { baseUrl, org: 'acme', app: 'shop' },
    { clientId: 'id', clientSecret: 'secret', ttlSeconds: 60 },
  );
  assert.equal(token.access_token, 'YWMt1');
  assert.equal(seen[0]?.url, '/acme/shop/token');
  assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), {
    grant_type: 'client_credentials',
    client_id: 'id',
    client_secret: 'secret',
    ttl: 60,
  });
});

test('calls bear the token, and names are encoded in the path', async () => {
  await api().recordingsOf('IM_X1C2');
  assert.deepEqual(seen, [
    { method: 'GET', url: '/acme/shop%20one/audio/IM_X1C2', authorization: 'Bearer YWMt1', body: '' },
  ]);
});

test('a span is listed by page, merged files alone where they are asked for', async () => {
  const span = { beginTime: '20260101000000', endTime: '20260101235959', length: 20 };
  await api().newestRecordings(span);
  await api().newestRecordings({ ...span, mergedOnly: true, cursor: '1-7' });
  const path = '/v1/acme/shop%20one/recordings?beginTime=20260101000000&endTime=20260101235959&limit=20';
  assert.deepEqual(
    seen.map(({ url }) => url),
    [path, `${path}&recordType=MERGE_ALL&cursor=1-7`],
  );
});

test('a refusal is thrown with its reason', async () => {
  reply = { status: 404, body: '{"error":"service_resource_not_found","error_description":"no such conference"}' };
  const failure = await api()
    .conference('IM_X1C2')
    .catch((error: unknown) => error);
  assert.ok(failure instanceof ClientError);
  assert.equal(failure.reason, 'callOver');
});

test('a service that is not there is a failure of the network', async () => {
  const nowhere = new CallreelApi({ baseUrl: 'http://127.0.0.1:1', org: 'acme', app: 'shop' }, 'YWMt1');
  const failure = await nowhere.recordingsOf('IM_X1C2').catch((error: unknown) => error);
  assert.ok(failure instanceof ClientError);
  assert.equal(failure.reason, 'network');
});
