import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ROUTES } from '@callreel/contract/routes.ts';
import { type Credential, OPERATIONS } from '@callreel/server/web/openapi/operations.ts';
import { type Answer, WebFixture } from '../api/web-fixture.ts';
import { REQUESTS } from './requests.ts';
import { CREDENTIALS, type CredentialName, ROWS, type Row } from './table.ts';
import { makeWorld, traceOf, type World } from './world.ts';

/** Hundreds of calls from one address, most of them refused: their number is not what is looked at here. */
const NO_LIMITS = ['retrieval', 'management', 'joins', 'files', 'address', 'account'].map((name) => `${name}=100000`);

let fixture: WebFixture;

before(async () => {
  fixture = await WebFixture.start({ CALLREEL_RATES: NO_LIMITS.join(',') });
});
after(() => fixture?.stop());

const send = (row: Row, world: World, credential: CredentialName, method = row.method): Promise<Answer> => {
  const request = REQUESTS[row.name];
  assert.ok(request, `it is not said what to send for ${row.name}`);
  const token = world.tokens[credential];
  const { path, ...call } = request(world, token);
  return fixture.call(path, { method, ...call, ...(token !== undefined && { token }) });
};

const isBad = (credential: CredentialName): boolean => credential === 'malformed' || credential === 'altered';

const codeOf = (status: number, credential: CredentialName): string => {
  if (status === 401) return isBad(credential) ? 'auth_bad_access_token' : 'unauthorized';
  const codes: Record<number, string> = {
    400: 'invalid_grant',
    403: 'forbidden_op',
    404: 'service_resource_not_found',
    426: 'upgrade_required',
  };
  return codes[status] ?? 'none';
};

/** What no answer may lack, and what none may have where nobody asked for it. */
const assertCommonHeaders = ({ headers }: Answer, what: string): void => {
  assert.match(headers.get('x-request-id') ?? '', /^[\da-f-]{36}$/, what);
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
  assert.equal(headers.get('referrer-policy'), 'no-referrer', what);
  assert.match(headers.get('content-security-policy') ?? '', /^(default-src 'none'|sandbox)/, what);
  for (const name of ['access-control-allow-origin', 'access-control-allow-credentials', 'server', 'set-cookie']) {
    assert.equal(headers.get(name), null, `${what}: ${name}`);
  }
};

const assertAnswer = (row: Row, credential: CredentialName, answer: Answer, hasBody: boolean): void => {
  const status = row.statusOf[credential];
  const what = `${row.name} with ${credential}`;
  assert.equal(answer.status, status < 0 ? 200 : status, `${what}: ${answer.text}`);
  if (status < 0) assert.equal(answer.json().error, status, what);
  assertCommonHeaders(answer, what);
  if (status === 401) assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer /, what);
  if (status >= 400 && hasBody) assert.equal(answer.json().error, codeOf(status, credential), what);
};

const check = async (row: Row, world: World, credential: CredentialName): Promise<void> => {
  assertAnswer(row, credential, await send(row, world, credential), row.method !== 'HEAD');
  // fastify adds a HEAD to every GET: a way round the checks, if they were not the same.
  if (row.method !== 'GET' || !fixture.routes.includes(row.route.replace('GET', 'HEAD'))) return;
  assertAnswer(row, credential, await send(row, world, credential, 'HEAD'), false);
};

const worldFor = async ({ name }: Row): Promise<World> => {
  const world = await makeWorld(fixture);
  if (name.includes('forbids it to users')) await fixture.store.apps.allowUsersToCreate(world.app.id, false);
  return world;
};

test('the table has a row for every route, and a request for every row', () => {
  assert.deepEqual([...new Set(ROWS.map(({ route }) => route))].sort(), withoutPlainHeads(fixture.routes));
  assert.deepEqual(ROWS.map(({ name }) => name).sort(), Object.keys(REQUESTS).sort());
  for (const { name, statusOf } of ROWS) {
    for (const credential of CREDENTIALS) assert.ok(Number.isInteger(statusOf[credential]), `${name}: ${credential}`);
  }
});

const withoutPlainHeads = (routes: readonly string[]): string[] => {
  const ofFiles = 'HEAD /files/*';
  return routes.filter((route) => !route.startsWith('HEAD ') || route === ofFiles).sort();
};

/** Whom each scheme of the description stands for. */
const HOLDERS: Readonly<Record<Credential, readonly CredentialName[]>> = {
  appToken: ['app'],
  userToken: ['user'],
  memberToken: ['member', 'admin'],
};

test('the description says of every call who may make it, as the table does', () => {
  for (const [route, { takes }] of Object.entries(OPERATIONS)) {
    const rows = ROWS.filter((row) => row.route === route);
    const mayCall = (credential: CredentialName) => rows.some(({ statusOf }) => statusOf[credential] < 300);
    assert.equal(mayCall('none'), takes.length === 0, `${route} without a token`);
    if (takes.length === 0) continue;
    for (const [scheme, holders] of Object.entries(HOLDERS)) {
      assert.equal(holders.some(mayCall), takes.includes(scheme as Credential), `${route} with ${scheme}`);
    }
  }
});

const isRefused = ({ statusOf }: Row, credential: CredentialName): boolean =>
  statusOf[credential] < 0 || statusOf[credential] >= 400;

for (const row of ROWS) {
  test(row.name, async () => {
    const refused = CREDENTIALS.filter((credential) => isRefused(row, credential));
    const allowed = CREDENTIALS.filter((credential) => !isRefused(row, credential));
    const world = await worldFor(row);
    const trace = await traceOf(fixture, world);
    for (const credential of refused) await check(row, world, credential);
    assert.deepEqual(await traceOf(fixture, world), trace, 'what is refused leaves no trace');
    const changes = row.method !== 'GET' && row.method !== 'HEAD' && row.route !== `POST ${ROUTES.token}`;
    for (const credential of allowed) await check(row, changes ? await worldFor(row) : world, credential);
  });
}
