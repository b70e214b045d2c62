import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type TestApp, WebFixture } from './web-fixture.ts';

let fixture: WebFixture;
let app: TestApp;

before(async () => {
  fixture = await WebFixture.start({}, { timeouts: { requestMs: 400, lookEveryMs: 50, stalledMs: 1_000 } });
  app = await fixture.createApp();
});
after(() => fixture?.stop());

const open = async (): Promise<Socket> => {
  const socket = connect(Number(new URL(fixture.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

/** However it comes about. */
const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.on('error', () => undefined).once('close', () => resolve());
  });

const FIELDS = ['duration', 'error', 'error_description', 'exception', 'timestamp'];

const assertTimedOut = (answer: string): void => {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  assert.match(head, /\r\nX-Request-Id: [\da-f-]{36}\r\n/);
  assert.match(head, /\r\nConnection: close/);
  assert.deepEqual(Object.keys(JSON.parse(body)).sort(), FIELDS);
  assert.equal(JSON.parse(body).error, 'request_timeout');
};

/** Until the server has had enough. */
const dribble = (socket: Socket, piece: string): NodeJS.Timeout => {
  const timer = setInterval(() => socket.writable && socket.write(piece), 20);
  socket.on('error', () => undefined).once('close', () => clearInterval(timer));
  return timer;
};

test('a client that opens and never speaks is told that its time is up, and closed', async () => {
  assertTimedOut(await text(await open()));
});

test('so is one that writes its header letter by letter, and one that never ends its body', async () => {
  const header = await open();
  header.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX: ');
  const timer = dribble(header, 'y');
  assertTimedOut(await text(header));
  clearInterval(timer);

  const body = await open();
  const head = [`POST /${app.org}/${app.name}/conferences HTTP/1.1`, 'Host: x', `Authorization: Bearer ${app.token}`];
  body.write([...head, 'Content-Type: application/json', 'Content-Length: 60000', '', '{"password":"'].join('\r\n'));
  const second = dribble(body, 'z');
  assertTimedOut(await text(body));
  clearInterval(second);
});

test('one that keeps a connection open without asking anything more is closed', async () => {
  const brief = await WebFixture.start({}, { timeouts: { keepAliveMs: 100 } });
  try {
    const socket = connect(Number(new URL(brief.url).port), '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(await text(socket), /^HTTP\/1\.1 200 /);
  } finally {
    await brief.stop();
  }
});

test('one that asks and asks and never reads is closed', async () => {
  const socket = await open();
  socket.pause();
  const closed = closeOf(socket);
  const ask = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100);
  // A socket that is not read notices its end only by writing.
  const timer = setInterval(() => socket.writable && socket.writableLength < 1e6 && socket.write(ask), 5);
  await closed;
  clearInterval(timer);
});

test('hundreds who never speak do not keep others from being answered', async () => {
  const silent = await Promise.all(Array.from({ length: 300 }, open));
  assert.equal((await fixture.call(`/${app.org}/${app.name}/audio/IM_X1C1`, { token: app.token })).status, 200);
  await Promise.all(silent.map((socket) => closeOf(socket.resume())));
});
