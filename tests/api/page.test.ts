import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { ROUTES } from '@callreel/contract/routes.ts';
import { WebFixture } from './web-fixture.ts';

let fixture: WebFixture;

before(async () => {
  fixture = await WebFixture.start({
    CALLREEL_CORS_ORIGINS: 'https://app.example',
    CALLREEL_TIME_ZONE: 'Europe/Berlin',
  });
});
after(() => fixture?.stop());

test('the page is served with a policy that lets in its own files and its import map alone', async () => {
  const answer = await fixture.call('/');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = answer.headers.get('content-security-policy') ?? '';
  const [, importMap = ''] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(answer.text) ?? [];
  assert.ok(policy.includes(`script-src 'self' 'sha256-${createHash('sha256').update(importMap).digest('base64')}'`));
  assert.ok(policy.includes(`connect-src 'self' ${fixture.url}`));
  assert.ok(!policy.includes('unsafe'));
  assert.match(answer.text, /<meta name="callreel-time-zone" content="Europe\/Berlin">/);
});

test('every module of the page is served as JavaScript that has no types left', async () => {
  for (const path of ['client/request.ts', 'client/callreel-api.ts', 'contract/ids.ts']) {
    const answer = await fixture.call(`/assets/${path}`);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.ok(!/\bimport type\b|: string\b/.test(answer.text), path);
  }
});

test('what a browser has already is not sent again', async () => {
  const first = await fixture.call('/assets/console/icon.svg');
  const etag = first.headers.get('etag') ?? '';
  assert.equal(first.headers.get('content-type'), 'image/svg+xml');
  assert.equal(first.headers.get('cache-control'), 'no-cache');
  const again = await fixture.call('/assets/console/icon.svg', { headers: { 'if-none-match': etag } });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
});

test('nothing else of the machine is served', async () => {
  const paths = [
    'server/src/main.ts',
    'client/../server/src/main.ts',
    'client/%2e%2e/package.json',
    'client/..%2fpackage.json',
    'console',
    'console/',
  ];
  const more = [
    'console/index.html',
    'console/absent.ts',
    'client/request.test.ts',
    'etc/passwd',
    '%2fetc/passwd',
    '',
    'client/request.ts%00',
  ];
  for (const path of [...paths, ...more]) assert.equal((await fixture.call(`/assets/${path}`)).status, 404, path);
});

type CallDescription = {
  responses: Record<string, unknown>;
  security?: unknown[];
  requestBody?: { content: Record<string, unknown> };
};
type Description = {
  openapi: string;
  paths: Record<string, Record<string, CallDescription>>;
};

test('the description has every call of the contract, with its errors', async () => {
  const description = (await fixture.call('/openapi.json')).json<Description>();
  assert.equal(description.openapi, '3.1.0');
  const hidden = [ROUTES.page, ROUTES.docs] as string[];
  const paths = Object.values(ROUTES)
    .filter((route) => !hidden.includes(route))
    .map((route) => route.replace('*', ':objectKey').replace(/:(\w+)/g, '{$1}'));
  assert.deepEqual(Object.keys(description.paths).sort(), [...paths].sort());
  for (const methods of Object.values(description.paths)) {
    for (const call of Object.values(methods)) assert.ok('default' in call.responses);
  }
  assert.deepEqual(description.paths['/{org}/{app}/token']?.post?.security, []);
  const whip = description.paths['/v1/{org}/{app}/conferences/{confrId}/whip']?.post;
  assert.deepEqual(Object.keys(whip?.requestBody?.content ?? {}), ['application/sdp']);
});

test('the process lives, and is ready while database and disk are there', async () => {
  for (const path of ['/healthz', '/readyz']) assert.deepEqual((await fixture.call(path)).json(), { status: 'ok' });
});

test('a page of an allowed origin may call and read what it needs; another may not', async () => {
  const own = fixture.url.replace('127.0.0.1', 'localhost');
  for (const origin of ['https://app.example', own]) {
    const preflight = await fixture.call('/v1/a/b/conferences/c/whip', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), origin);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/);
    const answer = await fixture.call('/v1/a/b/conferences/c/whip', { method: 'POST', headers: { origin } });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers.get('access-control-allow-origin'), origin);
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /Location, ETag, Link, Retry-After/);
    assert.equal(answer.headers.get('access-control-allow-credentials'), null);
  }
  for (const origin of ['https://evil.example', 'null', 'https://app.example.evil']) {
    const answer = await fixture.call('/healthz', { headers: { origin } });
    assert.equal(answer.headers.get('access-control-allow-origin'), null, origin);
  }
});

test('without its database the service says that it is busy, and nothing of why', async () => {
  await fixture.postgres.server.stop();
  assert.equal((await fixture.call('/healthz')).status, 200);
  for (const path of ['/readyz', '/a/b/audio/IM_X1C1']) {
    const answer = await fixture.call(path);
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.json().error, 'server_busy');
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
    assert.ok(!/postgres|socket|\/tmp|ECONN|ENOENT|\bat \//i.test(answer.text), answer.text);
  }
  const warnings = fixture.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request failed');
  assert.equal(warnings.length, 2);
  assert.ok(warnings.every(({ level }) => level === 'warn'));
});

test('the source of the page is what was meant', async () => {
  const html = await readFile(new URL('../../packages/console/src/index.html', import.meta.url), 'utf8');
  assert.ok(!/ on\w+="| style="/.test(html), 'the policy forbids inline handlers and style attributes');
});
