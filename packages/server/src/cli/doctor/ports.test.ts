import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { readConfig } from '../../base/config.ts';
import { checkHttp } from './http-port.ts';
import { checkMedia } from './media-ports.ts';

const isLinux = process.platform === 'linux';

test('a TCP port that another program has is told with its process, and is free afterwards', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const config = readConfig({ CALLREEL_PORT: String(address.port) });
  const [taken] = await checkHttp({ config, servicePid: undefined });
  assert.notEqual(taken?.level, 'ok');
  if (isLinux) assert.match(taken?.text ?? '', new RegExp(`is taken by node.* \\(process ${process.pid}\\)`));
  // The same, were we the service.
  const [ours] = await checkHttp({ config, servicePid: process.pid });
  if (isLinux) assert.equal(ours?.level, 'ok');
  server.close();
  await once(server, 'close');
  assert.equal((await checkHttp({ config, servicePid: undefined }))[0]?.level, 'ok');
  assert.equal((await checkHttp({ config, servicePid: process.pid }))[0]?.level, 'warning');
});

test('a UDP port that another program has is told with its process, and each media process has one', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const config = readConfig({ CALLREEL_RTC_PORT: String(Math.min(port, 65_534)), CALLREEL_MEDIA_PROCESSES: '2' });
  const seen = await checkMedia({ config, servicePid: undefined });
  assert.equal(seen.length, 2);
  const taken = seen.find(({ text }) => text.includes(` ${port} `));
  assert.notEqual(taken?.level, 'ok');
  if (isLinux) assert.match(taken?.text ?? '', new RegExp(`\\(process ${process.pid}\\)`));
  if (isLinux) assert.equal((await checkMedia({ config, servicePid: process.ppid }))[0]?.level, 'ok');
  socket.close();
});

test('an address that this machine has not', async () => {
  // TEST-NET-1 (RFC 5737).
  const config = readConfig({ CALLREEL_HOST: '192.0.2.1' });
  for (const check of [checkHttp, checkMedia]) {
    const [seen] = await check({ config, servicePid: undefined });
    assert.equal(seen?.level, 'problem');
    assert.match(seen?.advice ?? '', /set CALLREEL_HOST/);
  }
});
