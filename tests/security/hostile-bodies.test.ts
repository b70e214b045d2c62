/** Bodies that mean harm: each is answered as the contract says, and leaves no trace. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Call, type TestApp, WebFixture } from '../api/web-fixture.ts';
import { callRaw } from './raw-call.ts';
import { heldBytes, readTraces } from './traces.ts';

let fixture: WebFixture;
let app: TestApp;
let base: string;

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
  base = `/${app.org}/${app.name}`;
});
after(() => fixture?.stop());

const JSON_TYPE = { 'content-type': 'application/json' };
const deep = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels);

const BROKEN = [
  '{',
  '}',
  '{"rec":true',
  '{"rec":true}}',
  '{"rec":tru}',
  "{'rec':true}",
  '{rec:true}',
  '{"rec":true,}',
  '{"rec":NaN}',
  '{"confrType":0x0a}',
  '{"confrType":010}',
  '"\\u12"',
  '\u0000{}',
  '{"a":"\u0000"}',
  '{"a":"\n"}',
  'undefined',
  '{"__proto__":{"rec":true}}',
  '{"a":{"__proto__":1}}',
  '{"constructor":{"prototype":{"rec":true}}}',
  deep('{"a":', '}', 10_000),
  deep('[', '', 60_000),
];

/** JSON all right, but not what the call takes. 20,000 levels are as deep as a body of 64 KiB goes. */
const WRONG_VALUES = [
  '[]',
  'null',
  '"x"',
  '5',
  deep('[', ']', 30_000),
  '{"confrType":9}',
  '{"confrType":"10"}',
  '{"confrType":10.5}',
  '{"confrType":[10]}',
  '{"rec":"true"}',
  '{"rec":1}',
  '{"password":5}',
  `{"password":"${'p'.repeat(5000)}"}`,
  '{"confrDelayMillis":-1}',
  '{"confrDelayMillis":1e300}',
  '{"confrDelayMillis":1.5}',
  '{"maxTalkerCount":-1}',
  '{"maxTalkerCount":1e21}',
  '{"maxAudienceCount":1.5}',
  '{"useVCodes":[]}',
  `{"useVCodes":${JSON.stringify(Array(6).fill('VP8'))}}`,
  '{"useVCodes":"VP8"}',
  '{"creator":"../x"}',
  '{"creator":"a\\u0000b"}',
  '{"creator":"１"}',
  '{"memDefaultRole":2}',
  // What the database cannot keep.
  '{"password":"a\\u0000b"}',
  '{"password":"\\ud800"}',
  '{"password":"a\\udc00\\ud800"}',
];

const post = (path: string, body: string, call: Call = {}) =>
  fixture.call(path, { method: 'POST', token: app.token, headers: JSON_TYPE, body, ...call });

const expectAll = async (path: string, bodies: readonly string[], expected: string): Promise<void> => {
  const before = await readTraces(fixture);
  for (const body of bodies) {
    const answer = await post(path, body);
    const shown = body.slice(0, 60);
    assert.equal(`${answer.status} ${answer.json().error}`, expected, shown);
    assert.ok(String(answer.json().error_description).length < 300, shown);
  }
  assert.deepEqual(await readTraces(fixture), before);
};

test('JSON that is broken, or would reach for a prototype', () =>
  expectAll(`${base}/conferences`, BROKEN, '400 json_parse'));

test('JSON of the wrong kind, out of range, or 30,000 levels deep', () =>
  expectAll(`${base}/conferences`, WRONG_VALUES, '400 illegal_argument'));

test('text that the database cannot keep, wherever it would be kept', async () => {
  const { id } = (await post(`${base}/conferences`, '{}')).json();
  const user = { token: await fixture.userToken(app, 'ann'), memName: `${app.org}#${app.name}_ann` };
  const of = (...bodies: Record<string, string>[]) => bodies.map((body) => JSON.stringify(body));
  const names = of({ nickname: 'a\0' }, { ext: 'a\0b' }, { ext: '{"a":"\ud800"}' });
  await expectAll(
    `/v1${base}/conferences/${id}/join`,
    names.map((body) => body.replace('{', '{"userName":"ann",')),
    '400 illegal_argument',
  );
  await expectAll(
    `${base}/conferences/room`,
    of({ ...user, roomName: 'a\0' }, { ...user, roomName: '\ud800' }, { ...user, roomName: 'a', password: '\0' }),
    '400 illegal_argument',
  );
  await expectAll(
    '/easemob/rtc/req/ticket',
    of({ uid: 'a\0#b_c', token: user.token }, { uid: user.memName, token: user.token, password: '\0' }),
    '400 illegal_argument',
  );
});

test('bodies that are larger than any call takes, 100,000 levels deep or flat', async () => {
  const bodies = [deep('[', ']', 100_000), deep('{"a":', '1', 100_000), `{"a":"${'x'.repeat(2 ** 20)}"}`];
  await expectAll(`${base}/conferences`, bodies, '413 payload_too_large');
  await expectAll(`${base}/token`, bodies, '413 payload_too_large');
});

test('of a name that stands twice the last counts, and nothing that was not asked for is kept', async () => {
  const answer = await post(
    `${base}/conferences`,
    '{"confrType":99,"confrType":10,"password":"a","password":"b","id":"IM_X1C1"}',
  );
  assert.equal(answer.status, 200, answer.text);
  const { id, password } = answer.json();
  assert.equal(password, 'b');
  assert.notEqual(id, 'IM_X1C1');
  assert.equal(Object.hasOwn(Object.prototype, 'rec'), false);
});

const ORDERS = [
  '[]',
  '{}',
  '{"action":"Start"}',
  '{"action":["start"]}',
  '{"action":"start","pubStreamId":7}',
  '{"action":"start","pubStreamId":null}',
  `{"action":"start","pubStreamId":"${'r'.repeat(5000)}"}`,
];

test('recordings are ordered with what an order may be, and of publications that there are', async () => {
  const { id } = (await post(`${base}/conferences`, '{}')).json();
  const path = `/v1${base}/conferences/${id}/recording`;
  await expectAll(path, ORDERS, '400 illegal_argument');
  const strange = ["' or '1'='1", '../../x', 'rtc-10-aaaaaaa_C1M1 ', '__proto__', ''];
  const bodies = strange.map((name) => `{"action":"start","pubStreamId":"${name}"}`);
  await expectAll(path, bodies, '404 service_resource_not_found');
});

const GRANTS = [
  '{}',
  '{"grant_type":"client_credentials"}',
  '{"grant_type":"x"}',
  '{"grant_type":["password"]}',
  '{"grant_type":"password","username":{"$ne":null},"password":{"$ne":null}}',
  '{"grant_type":"client_credentials","client_id":"a","client_secret":"b","ttl":-1}',
  '{"grant_type":"client_credentials","client_id":"a","client_secret":"b","ttl":1.5}',
  '{"grant_type":"client_credentials","client_id":"a","client_secret":"b","ttl":"１"}',
  '{"grant_type":"password","username":"a","password":"a\\u0000b"}',
  `{"grant_type":"client_credentials","client_id":"${'a'.repeat(5000)}","client_secret":"b"}`,
];

test('asking for a token with anything but what it takes', () =>
  expectAll(`${base}/token`, GRANTS, '400 illegal_argument'));

test('names and secrets that would mean something elsewhere mean nothing here', async () => {
  const tricks = ["' or '1'='1", '%00', '../../x', '{{7*7}}', '*', '\u202e', '１', 'a'.repeat(200)];
  const guesses = tricks.flatMap((trick) => [
    JSON.stringify({ grant_type: 'client_credentials', client_id: app.clientId, client_secret: trick }),
    JSON.stringify({ grant_type: 'password', username: trick, password: trick }),
  ]);
  await expectAll(`${base}/token`, guesses, '400 invalid_grant');
  const users = tricks.map((trick) => JSON.stringify({ username: trick, password: 'p' }));
  await expectAll(`${base}/users`, users, '400 illegal_argument');
});

type Framing = readonly [name: string, headers: readonly string[], body: string, status: number];

/** One of two readers on the way would take the rest for another request. */
const FRAMINGS: readonly Framing[] = [
  ['two lengths', ['Content-Length: 2', 'Content-Length: 40'], '', 400],
  ['a length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n', 400],
  ['a negative length', ['Content-Length: -1'], '', 400],
  ['a length that is no number', ['Content-Length: 1x'], '', 400],
  ['a chunk of no size', ['Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n', 400],
  ['a chunk larger than any', ['Transfer-Encoding: chunked'], 'fffffffffffffffff\r\n', 400],
  ['an encoding that nobody knows', ['Transfer-Encoding: magic'], '{}', 400],
  ['a header folded over two lines', ['X: a', ' b'], '', 400],
  ['a header with a NUL', ['X: a\0b'], '', 400],
  ['many headers', Array.from({ length: 3000 }, (_, index) => `X${index}: y`), '', 400],
];

test('requests whose end two readers would see in two places are refused, and their connection closed', async () => {
  const before = await readTraces(fixture);
  for (const [name, headers, body, status] of FRAMINGS) {
    const head = ['POST', `${base}/conferences`, 'HTTP/1.1'].join(' ');
    const lines = [head, 'Host: x', `Authorization: Bearer ${app.token}`, 'Content-Type: application/json', ...headers];
    const answer = await callRaw(fixture, { raw: `${lines.join('\r\n')}\r\n\r\n${body}` });
    assert.equal(answer.status, status, name);
    assert.match(answer.head, /\r\nConnection: close/i, name);
  }
  assert.deepEqual(await readTraces(fixture), before);
});

test('hundreds of the largest and the deepest hold no memory', async () => {
  const bodies = [
    deep('[', ']', 30_000),
    deep('{"a":', '}', 10_000),
    `{"password":"${'p'.repeat(60_000)}"}`,
    'x'.repeat(60_000),
  ];
  const send = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      await Promise.all(bodies.map((body) => post(`${base}/conferences`, body)));
      fixture.logged.length = 0;
    }
  };
  await send(20);
  const before = await heldBytes();
  await send(60);
  // Of 240 kB each time: to keep them would be 14 MB.
  const more = (await heldBytes()) - before;
  assert.ok(more < 4 * 2 ** 20, `${more} bytes more are held`);
});
