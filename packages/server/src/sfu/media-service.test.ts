import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { PubStreamId } from '@callreel/contract/ids.ts';
import { CHROMIUM_OFFER } from '@callreel/media/sdp/offers-fixture.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import { ID, Stage } from './media-stage-fixture.ts';
import type { TrackKind } from './receive/media-source.ts';

test('sound, pictures and reports reach the recorder', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  const reported = once(stage.recorder, 'report');
  for (let index = 0; index < 10; index += 1) {
    publisher.sendSound();
    publisher.sendKeyFrame();
  }
  await stage.recorder.received(20);
  await reported;
  const numbers = [65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2, 3];
  assert.deepEqual(stage.recorder.sequenceNumbers('audio'), numbers);
  assert.deepEqual(stage.recorder.sequenceNumbers('video'), numbers);
  assert.deepEqual(stage.recorder.spec.tracks, { audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } });
  const reply = await stage.service.handle({ kind: 'stats' });
  assert.ok(reply.kind === 'stats');
  const [publication] = reply.stats.publications;
  assert.equal(publication?.connection, 'live');
  assert.deepEqual(publication?.pictureSize, { width: 640, height: 360 });
});

test('packets that the network lost come again', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  publisher.sendPicture();
  publisher.losePicture();
  publisher.losePicture();
  publisher.sendPicture();
  await stage.recorder.received(4);
  assert.deepEqual(stage.recorder.sequenceNumbers('video'), [65_530, 65_531, 65_532, 65_533]);
});

test('each packet has memory of its own, so that the recorder may keep it', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  for (let index = 0; index < 3; index += 1) publisher.sendSound();
  await stage.recorder.received(3);
  const buffers = stage.recorder.packets.map(({ packet }) => packet.payload.buffer);
  assert.equal(new Set(buffers).size, 3);
});

test('a muted publication is silence to the recorder, packet for packet, until it is muted no longer', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  assert.deepEqual(await stage.service.handle({ kind: 'mute', publicationId: ID, muted: true }), { kind: 'muted' });
  publisher.sendSound();
  publisher.sendKeyFrame();
  await stage.recorder.received(2);
  await stage.service.handle({ kind: 'mute', publicationId: ID, muted: false });
  publisher.sendSound();
  await stage.recorder.received(3);
  const payloads = (track: TrackKind) =>
    stage.recorder.packets.filter((each) => each.track === track).map(({ packet }) => packet.payload.length);
  assert.deepEqual([payloads('audio'), payloads('video')], [[1, 3], [15]]);
  assert.deepEqual(stage.recorder.sequenceNumbers('audio'), [65_530, 65_531]);
  const nobody = 'rtc-10-zzzzzzz_C1M1' as PubStreamId;
  const reply = await stage.service.handle({ kind: 'mute', publicationId: nobody, muted: true });
  assert.deepEqual(reply, { kind: 'unknown' });
});

test('a recorder that needs a key frame has the publisher asked for one', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  publisher.sendPicture();
  await stage.recorder.received(1);
  stage.recorder.requestKeyFrame();
  await publisher.keyFrameRequested;
});

test('a publisher that falls silent is lost after 5 s; resumed, it goes on in the same recording', async () => {
  // Five times as fast as the machine's clock, so that the test need not wait so long.
  const startMs = nowMs();
  const stage = new Stage(() => startMs + 5 * (nowMs() - startMs));
  const first = await stage.publish();
  const beforeMs = nowMs();
  first.sendSound();
  const { why } = await stage.until('lost');
  assert.equal(why, 'no packets');
  assert.ok(5 * (nowMs() - beforeMs) >= 5000);
  const second = await stage.resume();
  second.sendSound();
  await stage.recorder.received(2);
  assert.equal(stage.recorders.length, 1);
  assert.ok(stage.recorder.steps.includes('resume'));
});

test('a resume before the loss was noticed takes the place of the old connection', async () => {
  const stage = new Stage();
  const first = await stage.publish();
  const second = await stage.resume();
  first.sendPicture();
  second.sendSound();
  await stage.recorder.received(1);
  assert.deepEqual(stage.recorder.sequenceNumbers('video'), []);
  assert.deepEqual(
    stage.events.map(({ kind }) => kind),
    ['connected', 'connected'],
  );
});

test('a resume with another codec is refused: the file could not hold it', async () => {
  const stage = new Stage();
  await stage.publish();
  const offer = CHROMIUM_OFFER.replace(/m=audio[\s\S]*?(?=m=video)/, '')
    .replaceAll('VP8', 'VP9')
    .replace('BUNDLE 0 1', 'BUNDLE 1');
  const reply = await stage.service.handle({ kind: 'resume', publicationId: ID, offer });
  assert.ok(reply.kind === 'illegalSdp');
  assert.match(reply.description, /accepted VP8/);
});

test('an offer that cannot be answered starts nothing', async () => {
  const stage = new Stage();
  const reply = await stage.open('v=0\r\n');
  assert.deepEqual(reply, { kind: 'illegalSdp', description: 'no m-line of audio or video that sends' });
  assert.equal(stage.recorders.length, 0);
  assert.deepEqual(await stage.service.handle({ kind: 'end', publicationId: ID, reason: 'x' }), { kind: 'unknown' });
});

test('what nobody published cannot be resumed or ended', async () => {
  const stage = new Stage();
  assert.deepEqual(await stage.service.handle({ kind: 'resume', publicationId: ID, offer: CHROMIUM_OFFER }), {
    kind: 'unknown',
  });
  assert.deepEqual(await stage.service.handle({ kind: 'end', publicationId: ID, reason: 'x' }), { kind: 'unknown' });
});

test('an ended publication: its recording is closed with the reason', async () => {
  const stage = new Stage();
  await stage.publish();
  const recordingEnded = stage.until('recordingEnded');
  assert.deepEqual(await stage.service.handle({ kind: 'end', publicationId: ID, reason: 'left' }), { kind: 'ended' });
  assert.deepEqual(stage.recorder.steps.at(-1), 'close left');
  assert.equal((await recordingEnded).error, undefined);
});

test('a recorder that breaks ends that recording, and no other call', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  const other = 'rtc-10-hijklmn_C1M2' as PubStreamId;
  const neighbour = await stage.publish(other);
  stage.recorder.fails = true;
  const recordingEnded = stage.until('recordingEnded');
  publisher.sendSound();
  const event = await recordingEnded;
  assert.deepEqual([event.publicationId, event.error], [ID, 'the recorder is broken']);
  neighbour.sendSound();
  await stage.recorders[1]?.received(1);
});

test('a conference that is not recorded is received all the same', async () => {
  const stage = new Stage();
  const reply = await stage.service.handle({
    kind: 'open',
    publicationId: ID,
    offer: CHROMIUM_OFFER,
    videoCodecs: ['H264', 'VP8'],
    recording: null,
  });
  assert.ok(reply.kind === 'answered');
  assert.match(reply.answer, /a=rtpmap:108 H264/);
  assert.equal(stage.recorders.length, 0);
});

test('all connections are announced on one port, at the addresses outside', async () => {
  const stage = new Stage(nowMs, { announceAddresses: ['203.0.113.7', '2001:db8::7'] });
  const stats = await stage.service.handle({ kind: 'stats' });
  assert.ok(stats.kind === 'stats');
  for (const id of ['rtc-10-abcdefg_C1M1', 'rtc-10-hijklmn_C1M2'] as PubStreamId[]) {
    const reply = await stage.open(CHROMIUM_OFFER, id);
    assert.ok(reply.kind === 'answered');
    assert.deepEqual(reply.answer.match(/(?<=a=candidate:).*/g), [
      `1 1 UDP 2130706431 2001:db8::7 ${stats.stats.rtcPort} typ host`,
      `2 1 UDP 2130706175 203.0.113.7 ${stats.stats.rtcPort} typ host`,
    ]);
  }
});

const noIPv6 = Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === '::1'))
  ? false
  : 'this machine has no IPv6';

/** Whether another may have this UDP port at all IPv6 addresses. */
const isFreeOnIPv6 = async (port: number): Promise<boolean> => {
  const socket = createSocket({ type: 'udp6', ipv6Only: true });
  const bound = once(socket, 'listening').then(
    () => true,
    () => false,
  );
  socket.bind(port, '::');
  return await bound.finally(() => socket.close());
};

const portOf = async ({ service }: Stage): Promise<number> => {
  const reply = await service.handle({ kind: 'stats' });
  assert.ok(reply.kind === 'stats');
  return reply.stats.rtcPort;
};

test('bound to all addresses of IPv4, or of both families', { skip: noIPv6 }, async () => {
  assert.equal(await isFreeOnIPv6(await portOf(new Stage(nowMs, { bindAddress: '0.0.0.0' }))), true);
  assert.equal(await isFreeOnIPv6(await portOf(new Stage(nowMs, { bindAddress: '::' }))), false);
});

test('bound to one IPv6 address, that one is announced', { skip: noIPv6 }, async () => {
  const stage = new Stage(nowMs, { bindAddress: '::1' });
  const reply = await stage.open(CHROMIUM_OFFER);
  assert.ok(reply.kind === 'answered');
  const candidates = reply.answer.match(/(?<=a=candidate:).*/g) ?? [];
  assert.deepEqual(
    candidates.map((candidate) => candidate.split(' ').slice(4).join(' ')),
    [`::1 ${await portOf(stage)} typ host`],
  );
});

test('a port that is taken: every request says so', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const stage = new Stage(nowMs, { rtcPort: socket.address().port });
  await assert.rejects(stage.open(CHROMIUM_OFFER), { name: 'TransportError', reason: 'portTaken' });
  socket.close();
});

test('a service that closes ends what it has', async () => {
  const stage = new Stage();
  await stage.publish();
  await stage.service.close();
  assert.equal(stage.recorder.steps.at(-1), 'close shutdown');
});

test('a process that is at its limit takes no more, and goes on with what it has', async () => {
  let share = 0;
  let ahead = 0;
  const stage = new Stage(
    () => nowMs() + ahead,
    {},
    () => share,
  );
  const publisher = await stage.publish();
  share = 0.9;
  ahead = 4000;
  const other = 'rtc-10-zzzzzzz_C1M1' as PubStreamId;
  assert.deepEqual(await stage.open(CHROMIUM_OFFER, other), { kind: 'full' });
  publisher.sendSound();
  await stage.recorder.received(1);
  const resumed = await stage.resume();
  resumed.sendSound();
  await stage.recorder.received(2);
  share = 0.2;
  ahead = 8000;
  assert.equal((await stage.open(CHROMIUM_OFFER, other)).kind, 'answered');
});
