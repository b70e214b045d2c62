import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type TestApp, WebFixture } from './web-fixture.ts';

const READERS = 300;
/** Far more than the kernel holds for a client that does not read. */
const FILE_BYTES = 32 * 1024 * 1024;
/** A buffer for a client of whom nothing is known, the smaller one that takes its place, and as much again. */
const MOST_BYTES_EACH = 96 * 1024;

let fixture: WebFixture;
let app: TestApp;
let link: URL;

before(async () => {
  fixture = await WebFixture.start({}, { timeouts: { stalledMs: 10_000 } });
  app = await fixture.createApp();
  const { confrId } = await fixture.addRecording(app, new Uint8Array(FILE_BYTES));
  const listed = await fixture.call(`/${app.org}/${app.name}/audio/${confrId}`, { token: app.token });
  link = new URL(listed.json<{ url: string }[]>()[0]?.url ?? '');
});
after(() => fixture?.stop());

/** All read into the same memory, so that what is measured is the server's. */
const buffer = new Uint8Array(16 * 1024);

/** Reads the first bytes and no more. */
const beginDownload = async (): Promise<Socket> => {
  let begun = () => {};
  const first = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const callback = (): boolean => {
    begun();
    return false;
  };
  const socket = connect({ host: link.hostname, port: Number(link.port), onread: { buffer, callback } });
  socket.on('error', () => undefined);
  socket.write(`GET ${link.pathname}${link.search} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  await first;
  return socket;
};

/** Of `fetch`, which keeps them open, and of the store. */
const OTHER_CONNECTIONS = 25;

const connections = (): Promise<number> =>
  new Promise((resolve, reject) => {
    fixture.web.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

const handles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

const skip = process.platform === 'linux' ? false : 'counts handles in /proc';

test('hundreds who do not read on hold a little memory each, and stop nobody', { skip, timeout: 180_000 }, async () => {
  const [handlesBefore, bytesBefore] = [await handles(), process.memoryUsage().arrayBuffers];
  const readers = await Promise.all(Array.from({ length: READERS }, beginDownload));
  const calls = Array.from({ length: 20 }, () =>
    fixture.call(`/${app.org}/${app.name}/conferences`, { method: 'POST', token: app.token, json: {} }),
  );
  for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
  const held = process.memoryUsage().arrayBuffers - bytesBefore;
  assert.ok(held < READERS * MOST_BYTES_EACH, `${held} bytes are held`);
  assert.equal((await (await fetch(link)).bytes()).length, FILE_BYTES);

  // Half of them go; the rest is cut after a time without any progress. Either way nothing stays open.
  for (const socket of readers.slice(0, READERS / 2)) socket.destroy();
  while ((await connections()) > OTHER_CONNECTIONS) await delay(50);
  for (const socket of readers) socket.destroy();
  while ((await handles()) > handlesBefore + OTHER_CONNECTIONS * 2) await delay(50);
});
