import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type Answer, type Call, type TestApp, WebFixture } from './web-fixture.ts';

let fixture: WebFixture;
let app: TestApp;
let other: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
  other = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const FIELDS = ['duration', 'error', 'error_description', 'exception', 'timestamp'];

const assertRefused = (answer: Answer, status: number, error: string): void => {
  assert.equal(answer.status, status, answer.text);
  const body = answer.json();
  assert.equal(body.error, error);
  assert.deepEqual(Object.keys(body).sort(), FIELDS);
  assert.match(answer.headers.get('x-request-id') ?? '', /^[\da-f-]{36}$/);
};

const refused = async (path: string, call: Call, status: number, error: string): Promise<Answer> => {
  const answer = await fixture.call(path, call);
  assertRefused(answer, status, error);
  return answer;
};

const sendRaw = async (request: string): Promise<string> => {
  const { port } = new URL(fixture.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(request);
  return await text(socket);
};

/** A call that is wrong in every way at once: what is told is what is checked first. */
const WRONG_BODY: Call = { method: 'POST', body: '<x>', headers: { 'content-type': 'text/html' } };

test('an unknown path is 404, before anything else', async () => {
  await refused('/nowhere/at/all/here', WRONG_BODY, 404, 'not_found');
  await refused(`${base}/audio/1/2/3`, { token: app.token }, 404, 'not_found');
});

test('a known path with another method is 405 and names those it takes, even without an app or a token', async () => {
  const answer = await refused('/no/such/token', { method: 'GET' }, 405, 'method_not_allowed');
  assert.equal(answer.headers.get('allow'), 'OPTIONS, POST');
  const patch = await refused(
    `${base}/conferences/IM_X1C1`,
    { ...WRONG_BODY, method: 'PATCH' },
    405,
    'method_not_allowed',
  );
  assert.equal(patch.headers.get('allow'), 'DELETE, GET, HEAD, OPTIONS');
  await refused('/files/a/b', { method: 'PROPFIND' }, 405, 'method_not_allowed');
});

test('an unknown app is 404 before the token is looked at', async () => {
  const paths = [
    '/no/such/conferences',
    `/${app.org}/other/conferences`,
    '/v1/demo/conferences',
    '/files/x/conferences',
  ];
  for (const path of paths.slice(0, 2)) await refused(path, WRONG_BODY, 404, 'organization_application_not_found');
  await refused('/metrics/x/conferences', WRONG_BODY, 404, 'organization_application_not_found');
  await refused('/easemob/rtc/conferences', WRONG_BODY, 404, 'organization_application_not_found');
  await refused('/a%20b/c/conferences', WRONG_BODY, 404, 'organization_application_not_found');
});

test('the names of an app are found whatever their case', async () => {
  const answer = await fixture.call(`/${app.org.toUpperCase()}/${app.name.toLowerCase()}/audio/IM_X1C1`, {
    token: app.token,
  });
  assert.equal(answer.status, 200);
});

test('no token, a bad one, an expired one, a revoked one: 401, before the body is looked at', async () => {
  const path = `${base}/conferences`;
  const none = await refused(path, WRONG_BODY, 401, 'unauthorized');
  assert.match(none.headers.get('www-authenticate') ?? '', /^Bearer /);
  for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer a b', 'YWMtx']) {
    await refused(path, { ...WRONG_BODY, headers: { ...WRONG_BODY.headers, authorization } }, 401, 'unauthorized');
  }
  const altered = app.token.slice(0, -1) + (app.token.endsWith('A') ? 'B' : 'A');
  for (const token of [altered, 'x', `${app.token}x`, app.token.slice(4)]) {
    const answer = await refused(path, { ...WRONG_BODY, token }, 401, 'auth_bad_access_token');
    assert.equal(answer.json().exception, 'AuthBadAccessTokenException');
  }
  const expired = await fixture.tokens.issueApp(app, -1);
  await refused(path, { ...WRONG_BODY, token: expired.token }, 401, 'unauthorized');
  const revoked = await fixture.tokens.issueApp(app, undefined);
  await fixture.tokens.revoke(revoked.token);
  await refused(path, { ...WRONG_BODY, token: revoked.token }, 401, 'unauthorized');
});

test("another app's token, and a user's where an app's is needed: 403, before the body is looked at", async () => {
  await refused(`${base}/conferences`, { ...WRONG_BODY, token: other.token }, 403, 'forbidden_op');
  await refused(
    `${base}/conferences`,
    { ...WRONG_BODY, token: await fixture.userToken(app, 'ann') },
    403,
    'forbidden_op',
  );
});

test('a body that is too large is 413, told in advance or not', async () => {
  const body = JSON.stringify({ password: 'x'.repeat(70_000) });
  const call: Call = { method: 'POST', token: app.token, body, headers: { 'content-type': 'application/json' } };
  await refused(`${base}/conferences`, call, 413, 'payload_too_large');
  const head = [
    `POST ${base}/conferences HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${app.token}`,
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ];
  const chunks = `400\r\n${' '.repeat(1024)}\r\n`.repeat(65);
  assert.match(await sendRaw(`${head.join('\r\n')}\r\n\r\n${chunks}`), /^HTTP\/1\.1 413 /);
});

test('a body of another type is 415', async () => {
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/sdp', 'nonsense', 'application/jsonx'];
  for (const type of types) {
    const call = { method: 'POST', token: app.token, body: '{}', headers: { 'content-type': type } };
    await refused(`${base}/conferences`, call, 415, 'unsupported_media_type');
  }
});

test('a body that is no JSON is 400 json_parse; one that is no object, or has a wrong value, names it', async () => {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  for (const body of ['{', 'a=b', '{"a":1}}', '{"__proto__":{}}']) {
    await refused(`${base}/conferences`, { method: 'POST', token: app.token, body, headers }, 400, 'json_parse');
  }
  for (const [body, name] of [
    ['[]', 'the body'],
    ['null', 'the body'],
    ['{"confrType":9}', 'confrType must be 10 or 11 or 12'],
    ['{"rec":"yes"}', 'rec must be a boolean'],
    ['{"creator":""}', 'creator must be at least 1 character long'],
    ['{"useVCodes":[]}', 'useVCodes must be an array of at least 1'],
    ['{"maxTalkerCount":1001}', 'maxTalkerCount must be at most 1000'],
    ['{"maxTalkerCount":1.5}', 'maxTalkerCount must be an integer'],
    ['{"maxTalkerCount":0}', 'maxTalkerCount'],
    ['{"useVCodes":["H263"]}', 'useVCodes.0 must be VP8 or H264 or VP9 or AV1 or H265'],
    ['{"creator":"a b"}', 'creator'],
  ] as const) {
    const answer = await refused(
      `${base}/conferences`,
      { method: 'POST', token: app.token, body, headers },
      400,
      'illegal_argument',
    );
    assert.ok(String(answer.json().error_description).startsWith(name), answer.text);
  }
});

test('GET and DELETE with a JSON content type and no body are normal', async () => {
  const headers = { 'content-type': 'application/json' };
  const created = await fixture.call(`${base}/conferences`, { method: 'POST', token: app.token, headers });
  assert.equal(created.status, 200);
  const path = `${base}/conferences/${created.json().id}`;
  assert.equal((await fixture.call(path, { token: app.token, headers })).status, 200);
  assert.equal((await fixture.call(path, { method: 'DELETE', token: app.token, headers })).status, 200);
  await refused(path, { method: 'DELETE', token: app.token, headers }, 404, 'service_resource_not_found');
});

test('what is not even HTTP is answered with the same body', async () => {
  const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`;
  for (const request of ['nonsense\r\n\r\n', long, 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: z\r\n\r\n']) {
    const [head = '', body = ''] = (await sendRaw(request)).split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(head, /\r\nX-Request-Id: [\da-f-]{36}\r\n/);
    assert.deepEqual(Object.keys(JSON.parse(body)).sort(), FIELDS);
  }
});

test('a request without a Host, or with two, is 400; HTTP/1.0 needs none', async () => {
  for (const hosts of ['', 'Host: a\r\nHost: b\r\n']) {
    const [head = '', body = ''] = (await sendRaw(`GET /healthz HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`)).split(
      '\r\n\r\n',
    );
    assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(head, /\r\nx-request-id: [\da-f-]{36}\r\n/i);
    assert.equal(JSON.parse(body).error_description, 'Host must be given, and once');
  }
  assert.match(await sendRaw('GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n/);
});

test('CONNECT is 405, a method that nobody knows is told to be one', async () => {
  const connected = await sendRaw('CONNECT inner.example:80 HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(connected, /^HTTP\/1\.1 405 Method Not Allowed\r\n/);
  assert.match(connected, /\r\nallow: \r\n/);
  assert.match(connected, /"method_not_allowed"/);
  assert.match(await sendRaw('BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n'), /must have a method that is known/);
});

test('a compressed body is 415, and not read as if it were plain', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const call = { method: 'POST', token: app.token, body: '{}', headers };
  await refused(`${base}/conferences`, call, 415, 'unsupported_media_type');
  await refused(`${base}/conferences`, { ...call, token: 'x' }, 401, 'auth_bad_access_token');
});

test('a path that is wrongly encoded, and an expectation nobody knows, are answered as any other', async () => {
  await refused('/%zz/x/token', { method: 'POST' }, 400, 'illegal_argument');
  const answer = await sendRaw('GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /x-request-id/i);
});

test('what is refused before it is looked at bears the same headers', async () => {
  const requests = [
    'nonsense\r\n\r\n',
    'GET /%zz HTTP/1.1\r\nHost: x',
    'GET / HTTP/1.1',
    'CONNECT x:80 HTTP/1.1\r\nHost: x',
  ];
  for (const request of requests) {
    const [head = ''] = (await sendRaw(`${request}\r\nConnection: close\r\n\r\n`)).split('\r\n\r\n');
    assert.match(head, /\r\nx-content-type-options: nosniff/i, request);
    assert.match(head, /\r\ncontent-security-policy: default-src 'none';frame-ancestors 'none'/i, request);
    assert.match(head, /\r\nreferrer-policy: no-referrer/i, request);
    assert.match(head, /\r\ncache-control: no-store/i, request);
  }
});

test('a wrong value is told before whether what the path names is there', async () => {
  const nowhere = `/v1${base}/conferences/none`;
  const call = { method: 'POST', token: app.token };
  await refused(`${nowhere}/join`, { ...call, json: { userName: 'a b' } }, 400, 'illegal_argument');
  await refused(`${nowhere}/members/none`, { ...call, json: { other: 1 } }, 400, 'illegal_argument');
  await refused(`${nowhere}/join`, { ...call, json: { userName: 'ann' } }, 404, 'service_resource_not_found');
});

test('every request is one line in the log, without tokens, passwords or signatures', async () => {
  const before = fixture.logged.length;
  await fixture.call(`/files/a/b?Expires=1&KeyId=a&Signature=${'s'.repeat(43)}&token=${app.token}`);
  await fixture.call(`${base}/audio/${app.token}`, { token: app.token });
  const lines = fixture.logged.slice(before).map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ level, msg, status }) => [level, msg, status]),
    [
      ['debug', 'request', 403],
      ['debug', 'request', 200],
    ],
  );
  const all = fixture.logged.join('');
  assert.ok(!all.includes(app.token) && !all.includes('sssss'));
});
