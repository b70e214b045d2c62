import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { RESERVED_ORG_NAMES } from '@callreel/contract/ids.ts';
import { type TestApp, WebFixture } from '../api/web-fixture.ts';

const EVIL = 'evil.example';

let fixture: WebFixture;
let app: TestApp;

before(async () => {
  fixture = await WebFixture.start();
  app = await fixture.createApp();
});
after(() => fixture?.stop());

test('an app under a name of our own paths is never found, were it in the database', async () => {
  const wanted = ['v1', 'files', 'docs', 'metrics', 'healthz', 'readyz', 'openapi.json', 'assets', 'console', 'rtc'];
  assert.deepEqual([...RESERVED_ORG_NAMES].sort(), wanted.sort());
  const pairs = [...wanted.map((org) => [org, 'meet']), ['V1', 'meet'], ['easemob', 'rtc'], ['EaseMob', 'RTC']];
  for (const [org = '', name = ''] of pairs) {
    const reserved = await fixture.createApp(org, name).catch(() => app);
    for (const path of [`/v1/${org}/${name}/conferences`, `/${org}/${name}/audio/IM_X1C1`]) {
      const answer = await fixture.call(path, { token: reserved.token });
      // Under /files/ it is a link, and none of ours.
      assert.equal(answer.status, path.startsWith('/files/') ? 403 : 404, `${path}: ${answer.text}`);
    }
  }
});

/** fetch would not let us say another host. */
const askAs = async (path: string, headers: Record<string, string>): Promise<string> => {
  const sent = request(fixture.url + path, { headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return JSON.stringify(response.headers) + (await text(response));
};

test('no answer says the host that was asked for: not a link, not a page, not an error', async () => {
  const { confrId } = await fixture.addRecording(app, Buffer.from('content'));
  const authorization = `Bearer ${app.token}`;
  const paths = ['/', '/docs', '/openapi.json', '/nowhere', `/${app.org}/${app.name}/audio/${confrId}`, '/healthz'];
  for (const path of paths) {
    const said = await askAs(path, { host: EVIL, 'x-forwarded-host': EVIL, forwarded: `host=${EVIL}`, authorization });
    assert.ok(!said.includes(EVIL), path);
  }
  assert.match(await askAs(paths[4] ?? '', { host: EVIL, authorization }), /"url":"http:\/\/127\.0\.0\.1:\d+\/files\//);
});

test('a page of another origin is never allowed anything, unless a setting names it', async () => {
  for (const origin of [`https://${EVIL}`, 'null', 'http://localhost']) {
    for (const method of ['GET', 'OPTIONS']) {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const answer = await fixture.call(`/${app.org}/${app.name}/audio/IM_X1C1`, { method, headers });
      for (const name of ['allow-origin', 'allow-credentials', 'allow-methods']) {
        assert.equal(answer.headers.get(`access-control-${name}`), null, `${method} ${origin}`);
      }
    }
  }
});
