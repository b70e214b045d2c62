import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from '@callreel/client/request.ts';
import type { Page } from 'playwright-core';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { ExampleServer, openExamplePage } from '../support/example-page.ts';
import { childrenOf } from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';

const PASSWORD = 'open sesame 1';

let tested: TestService;
let browser: TestBrowser;
let examples: ExampleServer;
let dataDir: string;

const cleanups = new Cleanups();

const start = (port = '0'): Promise<TestService> =>
  startTestService({ dataDir, settings: { CALLREEL_CORS_ORIGINS: examples.origin, CALLREEL_PORT: port } });

before(async () => {
  if (skip) return;
  dataDir = await mkdtemp(join(tmpdir(), 'callreel-reconnects-'));
  cleanups.add(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  examples = await ExampleServer.start();
  cleanups.add(() => examples.stop());
  tested = await start();
  cleanups.add(() => tested.service.stop());
  browser = await openBrowser();
  cleanups.add(() => browser.close());
  const { org, app } = tested.service.credentials;
  for (const username of ['ann', 'bob']) {
    const json = { username, password: PASSWORD };
    await request(`${tested.service.url}/${org}/${app}/users`, { method: 'POST', token: tested.token, json });
  }
});

after(() => cleanups.run());

/** A page that is in the conference, sends, and shows the other. */
const enter = async (confrId: string, userName: string): Promise<Page> => {
  const page = await openExamplePage(browser, examples, tested.service, { userName, password: PASSWORD });
  await page.evaluate(async (id) => {
    const { kept } = globalThis;
    kept.membership = await kept.examples.joinConference(kept.api, id, {});
    const stream = await kept.examples.openCameraAndMicrophone({ camera: true, microphone: true });
    kept.camera = await kept.membership.publish(stream);
    kept.examples.showOthers(kept.membership, document.querySelector('main') as HTMLElement);
    kept.membership.on('connected', (connected) => kept.told.push(connected ? 'heard' : 'not heard'));
    kept.membership.on('publicationLost', ({ pubStreamId }) => kept.told.push(`lost ${pubStreamId}`));
    kept.membership.on('publicationResumed', ({ pubStreamId }) => kept.told.push(`resumed ${pubStreamId}`));
    kept.membership.on('ended', (reason) => kept.told.push(`ended ${reason}`));
  }, confrId);
  return page;
};

const enterBoth = async () => {
  const confrId = await createCall(tested.api);
  const [ann, bob] = [await enter(confrId, 'ann'), await enter(confrId, 'bob')];
  return { confrId, ann, bob, before: await seen(ann, bob) };
};

/** Resolves when the picture of this publication moves, and there is no other. */
const waitUntilSeen = (page: Page, pubStreamId: string): Promise<unknown> =>
  page.waitForFunction(
    (id) => {
      const [video, ...others] = document.querySelectorAll<HTMLVideoElement>('main video');
      const isOne = video?.id === id && others.length === 0;
      return isOne && video.videoWidth > 0 && video.currentTime > 1;
    },
    pubStreamId,
    { timeout: 60_000 },
  );

/** Resolves with the ids of what both publish, when both are seen. */
const seen = async (ann: Page, bob: Page): Promise<[string, string]> => {
  const ids: [string, string] = [await idOf(ann), await idOf(bob)];
  await Promise.all([waitUntilSeen(ann, ids[1]), waitUntilSeen(bob, ids[0])]);
  return ids;
};

const waitUntilAnew = (page: Page, before: string): Promise<unknown> =>
  page.waitForFunction(
    (id) => globalThis.kept.camera.pubStreamId !== id && globalThis.kept.camera.state === 'connected',
    before,
    { timeout: 60_000 },
  );

const idOf = (page: Page): Promise<string> => page.evaluate(() => globalThis.kept.camera.pubStreamId);
const told = (page: Page): Promise<string[]> => page.evaluate(() => globalThis.kept.told);
const leave = (page: Page): Promise<void> => page.evaluate(() => globalThis.kept.membership.leave());

test('the media process dies: both publish anew by themselves, and see each other again', { skip }, async () => {
  const { confrId, ann, bob, before } = await enterBoth();
  const [mediaProcess] = await childrenOf(tested.service.pid, 'sfu/worker.ts');
  assert.ok(mediaProcess);
  process.kill(mediaProcess, 'SIGKILL');
  await Promise.all([waitUntilAnew(ann, before[0]), waitUntilAnew(bob, before[1])]);
  const anew = await seen(ann, bob);
  await Promise.all([leave(ann), leave(bob)]);
  const listed = await waitForRecordings(tested.api, confrId, ({ length }) => length === 4);
  assert.deepEqual(listed.map(({ pubStreamId }) => pubStreamId).sort(), [...before, ...anew].sort());
  await Promise.all([ann.close(), bob.close()]);
});

test('the service is killed and comes back: both are in the same call again, and nothing of it is lost', {
  skip,
}, async () => {
  const { confrId, ann, bob, before } = await enterBoth();
  const { port } = new URL(tested.service.url);
  await tested.service.kill();
  await ann.waitForFunction(() => globalThis.kept.told.includes('not heard'));
  tested = await start(port);
  await Promise.all([waitUntilAnew(ann, before[0]), waitUntilAnew(bob, before[1])]);
  const anew = await seen(ann, bob);
  assert.deepEqual(await told(ann), ['not heard', 'heard']);
  await Promise.all([leave(ann), leave(bob)]);
  const listed = await waitForRecordings(tested.api, confrId, ({ length }) => length === 4);
  assert.deepEqual(listed.map(({ pubStreamId }) => pubStreamId).sort(), [...before, ...anew].sort());
  await Promise.all([ann.close(), bob.close()]);
});

test('a network that is gone for a while: the page goes on in the same recording, and has missed nothing', {
  skip,
}, async () => {
  const { confrId, ann, bob, before } = await enterBoth();
  const network = await ann.context().newCDPSession(ann);
  await network.send('Network.enable');
  const setOffline = (offline: boolean) =>
    network.send('Network.emulateNetworkConditions', {
      ...{ offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 },
    });
  await setOffline(true);
  // Chromium keeps UDP out of that: its connections are ended here, as it does when a network is gone.
  await ann.evaluate(() => {
    for (const connection of globalThis.callreelTest.connections) {
      connection.close();
      Object.defineProperty(connection, 'connectionState', { value: 'failed' });
      connection.dispatchEvent(new Event('connectionstatechange'));
    }
  });
  await bob.waitForFunction((id) => globalThis.kept.told.includes(`lost ${id}`), before[0]);
  await ann.waitForFunction(() => globalThis.kept.camera.state !== 'connected');
  await setOffline(false);
  await bob.waitForFunction((id) => globalThis.kept.told.includes(`resumed ${id}`), before[0]);
  assert.deepEqual(await seen(ann, bob), before);
  await Promise.all([leave(ann), leave(bob)]);
  const listed = await waitForRecordings(tested.api, confrId, ({ length }) => length === 2);
  assert.deepEqual(listed.map(({ pubStreamId }) => pubStreamId).sort(), [...before].sort());
  assert.equal((await told(bob)).filter((text) => text.startsWith('lost')).length, 1);
  await Promise.all([ann.close(), bob.close()]);
});
