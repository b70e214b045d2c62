/** Publishers that mean harm, or have lost their way, over real WebRTC. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { PubStreamId } from '@callreel/contract/ids.ts';
import { joinRtcp } from '@callreel/media/rtcp/compound.ts';
import { buildGoodbye } from '@callreel/media/rtcp/goodbye.ts';
import { buildSenderReport } from '@callreel/media/rtcp/sender-report.ts';
import { writeRtp } from '@callreel/synthetic/send/rtp-packet.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import { ID, type MemoryRecorder, Stage } from './media-stage-fixture.ts';
import type { Publisher } from './publisher-fixture.ts';

const NEIGHBOUR = 'rtc-10-hijklmn_C1M2' as PubStreamId;

const packet = (fields: { payloadType: number; ssrc: number; sequenceNumber: number }, sizeBytes = 60): Uint8Array =>
  writeRtp(
    { ...fields, marker: true, timestamp: fields.sequenceNumber * 90, mid: undefined },
    new Uint8Array(sizeBytes),
  );

/** Sends what `make` gives, a few packets a turn, until `done`. */
const sendUntil = async (
  publisher: Publisher,
  make: (index: number) => Uint8Array,
  done: () => Promise<boolean>,
): Promise<void> => {
  for (let index = 0; !(await done()); ) {
    for (const end = index + 50; index < end; index += 1) publisher.sendRaw(make(index));
    await nextTurn();
  }
};

/** A picture every 20 ms, until as many as were sent before have come: one that the kernel threw away is asked for when the next comes. */
const sendUntilReceived = async (
  publisher: Publisher,
  recorder: MemoryRecorder,
  count: number,
  pass: (ms: number) => void,
) => {
  while (recorder.sequenceNumbers('video').length < count) {
    publisher.sendPicture();
    pass(20);
    await delay(5);
  }
};

test('a flood of valid pictures is shed, then cut off; a neighbour loses nothing', async () => {
  // Time passes only when it is told to, however long the machine takes: each second is a burst of more than it may bring.
  let virtualMs = nowMs();
  const pass = (ms: number): void => {
    virtualMs += ms;
  };
  const stage = new Stage(() => virtualMs);
  const flooder = await stage.publish();
  const neighbour = await stage.publish(NEIGHBOUR);
  const lostNow = () => stage.events.filter((event) => event.kind === 'lost');
  let sequenceNumber = 0;
  let pictures = 0;
  for (let second = 0; second < 4 && lostNow().length === 0; second += 1) {
    const { shedPackets } = await stage.stats();
    await sendUntil(
      flooder,
      () => packet({ payloadType: 96, ssrc: 2001, sequenceNumber: sequenceNumber++ & 0xffff }),
      async () => lostNow().length > 0 || (await stage.stats()).shedPackets > shedPackets,
    );
    neighbour.sendPicture();
    pictures += 1;
    pass(1000);
  }
  if (lostNow().length === 0) await once(stage, 'lost');
  assert.deepEqual(lostNow(), [{ kind: 'lost', publicationId: ID, why: 'flood' }]);
  const [ofFlooder, ofNeighbour] = stage.recorders;
  await sendUntilReceived(neighbour, ofNeighbour ?? assert.fail(), pictures + 1, pass);
  const received = ofNeighbour?.sequenceNumbers('video') ?? [];
  assert.deepEqual(
    [...new Set(received)].slice(0, pictures),
    Array.from({ length: pictures }, (_, at) => (65_530 + at) & 0xffff),
  );
  assert.deepEqual((await stage.stats(NEIGHBOUR)).shedPackets, 0);
  // Not one of them came to the recorder beyond what the seconds allow.
  assert.ok((ofFlooder?.packets.length ?? 0) <= 6 * 6000, String(ofFlooder?.packets.length));
});

test('garbage of thousands of streams and types comes to nothing', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  publisher.sendPicture();
  await stage.recorder.received(1);
  const kinds = (index: number): Uint8Array => {
    const types = [96, 97, 111, 5, 127];
    const rtp = packet({
      payloadType: types[index % 5] ?? 0,
      ssrc: 50_000 + index,
      sequenceNumber: (index * 32_768) & 0xffff,
    });
    return index % 3 === 0 ? rtp.subarray(0, index % 40) : rtp;
  };
  await sendUntil(publisher, kinds, async () => (await stage.stats()).ignoredPackets > 3000);
  const { sources } = await stage.stats();
  assert.ok(sources.length <= 2);
  publisher.sendPicture();
  const ofVideo = () => stage.recorder.sequenceNumbers('video').length;
  while (ofVideo() < 2) await once(stage.recorder, 'packet');
});

test('reports that lie and goodbyes of the living change nothing for the stream that goes on', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  publisher.sendPicture();
  await stage.recorder.received(1);
  const lie = (ssrc: number, ntpMs: number): Uint8Array =>
    buildSenderReport({ ssrc, ntpMs, rtpTimestamp: 1, packetCount: 2 ** 31, octetCount: 0 });
  publisher.sendRaw(lie(777, 1_700_000_000_000));
  publisher.sendRaw(joinRtcp([lie(2001, -2_000_000_000_000), buildGoodbye([2001, 1001])]));
  publisher.sendRaw(Uint8Array.of(0x9f, 203, 0xff, 0xff, 0, 0, 7, 0xd1));
  publisher.sendRaw(joinRtcp(Array.from({ length: 300 }, () => Uint8Array.of(0x80, 201, 0, 0))));
  await once(stage.recorder, 'report');
  for (let index = 0; index < 3; index += 1) publisher.sendPicture();
  await stage.recorder.received(4);
  assert.deepEqual(stage.recorder.steps, ['report video']);
  assert.equal((await stage.stats()).sources.length, 1);
});

test('a publisher that connects and then sends nothing is lost after 5 s', async () => {
  const startMs = nowMs();
  const stage = new Stage(() => startMs + 10 * (nowMs() - startMs));
  const lost = stage.until('lost');
  await stage.publish();
  assert.equal((await lost).why, 'no packets');
  assert.deepEqual(stage.recorder.packets, []);
});
