import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { FileSender } from './file-sender.ts';

/** More than the kernel takes at once, so that a client can stop in the midst of it. */
const CONTENT = randomBytes(24 * 1024 * 1024);

let folder: string;
let path: string;
let server: Server;
let url: string;
let part = { start: 0, end: CONTENT.length - 1 };
let sent: { file: FileHandle; done: Promise<void> } | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-sender-'));
  path = join(folder, 'file');
  await writeFile(path, CONTENT);
  const sender = new FileSender();
  server = createServer(async (_, response) => {
    const file = await open(path);
    response.writeHead(200, { 'content-length': part.end - part.start + 1 });
    sent = { file, done: sender.send(file, response, part) };
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
after(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const answer = async (): Promise<IncomingMessage> => {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  return response;
};

test('a file arrives whole, and so does a part of it', async () => {
  for (const [start, end] of [
    [0, CONTENT.length - 1],
    [1, 1],
    [5_000_000, 20_000_001],
    [CONTENT.length - 3, CONTENT.length - 1],
  ] as const) {
    part = { start, end };
    assert.ok(CONTENT.subarray(start, end + 1).equals(await buffer(await answer())));
    await sent?.done;
    assert.equal(sent?.file.fd, -1, 'the file is closed');
  }
});

test('a client that goes in the midst leaves nothing open', async () => {
  part = { start: 0, end: CONTENT.length - 1 };
  const response = await answer();
  response.on('error', () => undefined).destroy();
  await sent?.done;
  assert.equal(sent?.file.fd, -1);
});

test('a file that is shorter than it was cuts the connection: nobody takes it for whole', async () => {
  part = { start: 0, end: CONTENT.length - 1 };
  const response = await answer();
  // Before it is cut: the end may come while that is waited for.
  const ended = new Promise((resolve) => response.on('error', resolve).once('close', resolve));
  await truncate(path, 1000);
  response.resume();
  await ended;
  await sent?.done;
  assert.equal(response.complete, false);
  assert.equal(sent?.file.fd, -1);
});
