import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { PubStreamId } from '@callreel/contract/ids.ts';
import { nowMs } from '@callreel/server/base/monotonic-clock.ts';
import { MediaService } from '@callreel/server/sfu/media-service.ts';
import { Publisher } from '@callreel/server/sfu/publisher-fixture.ts';
import { Cleanups } from '../support/cleanups.ts';

const ID = 'rtc-10-abcdefg_C1M1' as PubStreamId;

const cleanups = new Cleanups();
after(() => cleanups.run());

/** An inner host that nobody but this machine may reach. */
const openTrap = async (): Promise<Socket> => {
  const trap = createSocket('udp4').bind(0, '127.0.0.1');
  cleanups.add(async () => trap.close());
  await once(trap, 'listening');
  return trap;
};

const candidatesFor = (port: number): string =>
  [
    `a=candidate:1 1 UDP 2130706431 127.0.0.1 ${port} typ host`,
    `a=candidate:2 1 UDP 1694498815 127.0.0.1 ${port} typ srflx raddr 0.0.0.0 rport 0`,
    `a=candidate:3 1 UDP 2130706430 localhost ${port} typ host`,
    `a=candidate:4 1 UDP 2130706429 0a1b2c3d.local ${port} typ host`,
    `a=candidate:5 1 TCP 1518280447 127.0.0.1 ${port} typ host tcptype passive`,
    '',
  ].join('\r\n');

test('an offer that names inner hosts sends nothing there, and the caller is found by his own checks', async () => {
  const trap = await openTrap();
  let caught = 0;
  trap.on('message', () => caught++);
  const connected = Promise.withResolvers<void>();
  const service = new MediaService({
    settings: { rtcPort: 0, bindAddress: '127.0.0.1', announceAddresses: [], spoolDir: '' },
    nowMs,
    startRecorder: () => {
      throw new TypeError('nothing is recorded');
    },
    emit: ({ kind }) => {
      if (kind === 'connected') connected.resolve();
    },
  });
  cleanups.add(() => service.close());
  const publisher = await Publisher.publish(async (offer) => {
    const aimed = offer + candidatesFor((trap.address() as AddressInfo).port);
    const reply = await service.handle({
      kind: 'open',
      publicationId: ID,
      offer: aimed,
      videoCodecs: ['VP8'],
      recording: null,
    });
    assert.equal(reply.kind, 'answered', JSON.stringify(reply));
    return reply.kind === 'answered' ? reply.answer : '';
  });
  cleanups.add(async () => publisher.close());
  // By then it would have checked every candidate that it had: the one it found came after them.
  await connected.promise;
  assert.equal(caught, 0);
});
