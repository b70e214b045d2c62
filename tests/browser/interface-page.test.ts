import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OpenApiDocument } from '@callreel/server/web/openapi/document.ts';
import { WebFixture } from '../api/web-fixture.ts';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { takeScreenshot } from '../support/console-page.ts';

const cleanups = new Cleanups();
let fixture: WebFixture;
let browser: TestBrowser;

before(async () => {
  if (skip) return;
  fixture = await WebFixture.start();
  cleanups.add(() => fixture.stop());
  browser = await openBrowser();
  cleanups.add(() => browser.close());
});
after(() => cleanups.run());

test('the page of the interface shows every call, with nothing from elsewhere', { skip }, async () => {
  const { paths } = (await fixture.call('/openapi.json')).json<OpenApiDocument>();
  const ids = Object.values(paths).flatMap((calls) => Object.values(calls).map(({ operationId }) => operationId ?? ''));
  const page = await browser.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${fixture.url}/docs#listRecordingsBySpan`);
  const open = page.locator('details#listRecordingsBySpan[open]');
  await open.waitFor();
  await takeScreenshot(page, 'interface');
  assert.deepEqual(await page.locator('details').evaluateAll((boxes) => boxes.map(({ id }) => id).sort()), ids.sort());
  const said = (await open.textContent()) ?? '';
  for (const part of ['beginTime', 'appToken', 'ONLY_REC_ONE_AV', 'length_exceeds_limit', 'Retry-After']) {
    assert.ok(said.includes(part), part);
  }
  assert.ok(
    asked.every((url) => url.startsWith(`${fixture.url}/`)),
    asked.join(),
  );
  assert.deepEqual(browser.complaints, []);
});
