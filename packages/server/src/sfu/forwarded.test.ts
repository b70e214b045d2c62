import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PubStreamId, SubscriptionId } from '@callreel/contract/ids.ts';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import { Subscriber, type SubscriberOptions } from '@callreel/synthetic/receive/subscriber.ts';
import { OPEN_LINK } from '@callreel/synthetic/send/link.ts';
import { nowMs } from '../base/monotonic-clock.ts';
import { ID, Stage } from './media-stage-fixture.ts';
import type { MediaReply, SubscriptionStats } from './protocol.ts';
import type { Publisher } from './publisher-fixture.ts';

const NAME = 'sub-one' as SubscriptionId;

const ask = (stage: Stage, subscriptionId: SubscriptionId, offer: string): Promise<MediaReply> =>
  stage.service.handle({ kind: 'subscribe', publicationId: ID, subscriptionId, offer });

const subscribe = async (
  stage: Stage,
  options: Partial<SubscriberOptions> & { name?: string } = {},
): Promise<Subscriber> => {
  const { name = NAME, ...rest } = options;
  const subscriber = await Subscriber.subscribe({
    keeps: true,
    ...rest,
    subscribe: async (offer) => {
      const reply = await ask(stage, name as SubscriptionId, offer);
      return reply.kind === 'answered' ? reply.answer : assert.fail(JSON.stringify(reply));
    },
  });
  stage.peers.push(subscriber);
  return subscriber;
};

/** Sound and picture from now on, with a key frame whenever one is asked for. */
const sendOn = (stage: Stage, publisher: Publisher, everyMs = 10): NodeJS.Timeout => {
  publisher.onKeyFrameRequest = () => publisher.sendKeyFrame();
  const timer = setInterval(() => {
    publisher.sendSound();
    publisher.sendPicture();
  }, everyMs);
  stage.peers.push({ close: () => clearInterval(timer) });
  return timer;
};

const statsOf = async (stage: Stage, name: string = NAME): Promise<SubscriptionStats> =>
  (await stage.stats()).subscriptions.find(({ subscriptionId }) => subscriptionId === name) ?? assert.fail(name);

const isKeyFrame = (payload: Uint8Array | undefined): boolean => payload?.[4] === 0x9d || payload?.[7] === 0x9d;

test('a subscriber gets sound and picture under his own numbers, from a key frame on that was asked for at once', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  publisher.sendKeyFrame();
  sendOn(stage, publisher);
  const subscriber = await subscribe(stage);
  await subscriber.until(({ counts }) => counts.video > 20 && counts.audio > 20);
  assert.equal(subscriber.counts.foreign, 0);
  assert.equal(subscriber.missing, 0);
  assert.ok(isKeyFrame(subscriber.of('video')[0]?.packet.payload));
  assert.notEqual(subscriber.ssrcs.get('video'), 2001);
  await subscriber.until(({ reports }) => reports.length >= 2, 'report');
  assert.deepEqual(new Set(subscriber.reports.map(({ ssrc }) => ssrc)), new Set(subscriber.ssrcs.values()));
});

for (const rtx of [true, false]) {
  test(`what a lossy path takes comes again, ${rtx ? 'over RTX' : 'plain where he takes no RTX'}`, async () => {
    const stage = new Stage();
    const publisher = await stage.publish();
    sendOn(stage, publisher, 5);
    const subscriber = await subscribe(stage, { rtx, path: { ...OPEN_LINK, delayMs: 10, lossRate: 0.1 } });
    await subscriber.until(({ counts }) => counts.video > 300);
    await subscriber.until(({ videoMissing }) => videoMissing === 0);
    const stats = await statsOf(stage);
    assert.ok(stats.resentPackets > 10, `${stats.resentPackets} sent again`);
    if (rtx) assert.ok(subscriber.counts.recovered > 10);
  });
}

test('a thin path costs nobody but its own subscriber anything, and the recording nothing', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  sendOn(stage, publisher, 5);
  const slow = await subscribe(stage, { name: 'slow', path: { ...OPEN_LINK, bitsPerSecond: 30_000, queueMs: 200 } });
  const quick = await subscribe(stage, { name: 'quick' });
  await quick.until(({ counts }) => counts.video > 400);
  assert.equal(quick.missing, 0);
  assert.ok(slow.counts.video < quick.counts.video / 2);
  const recorded = stage.recorder.sequenceNumbers('video');
  assert.ok(recorded.every((number, index) => index === 0 || ((number - (recorded[index - 1] ?? 0)) & 0xffff) === 1));
});

test('who comes right after another begins with what is kept: no second key frame is asked for', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const first = await subscribe(stage, { name: 'first' });
  await first.until(({ counts }) => counts.video > 0);
  const { keyFrameRequests } = await stage.stats();
  const second = await subscribe(stage, { name: 'second' });
  await second.until(({ counts }) => counts.video > 0);
  assert.ok(isKeyFrame(second.of('video')[0]?.packet.payload));
  assert.ok((await stage.stats()).keyFrameRequests - keyFrameRequests <= 1);
});

test('wishes for key frames are merged: ten at once are one request', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const subscriber = await subscribe(stage);
  await subscriber.until(({ counts }) => counts.video > 5);
  const before = (await stage.stats()).keyFrameRequests;
  for (let wish = 0; wish < 10; wish += 1) subscriber.requestKeyFrame();
  await subscriber.until(({ counts }) => counts.video > 120);
  assert.ok((await stage.stats()).keyFrameRequests - before <= 1);
});

test('what a subscriber sends as media, and noise, reach nobody', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const [hostile, other] = [await subscribe(stage, { name: 'hostile' }), await subscribe(stage, { name: 'other' })];
  await other.until(({ counts }) => counts.video > 5);
  // As the publisher's own, by type and SSRC.
  const media = (number: number) => Uint8Array.of(0x80, 96, 0, number, 0, 0, 0, 1, 0, 0, 0x07, 0xd1, 1, 2, 3);
  const lies = [Uint8Array.of(0x81, 205, 0, 9, 0, 0, 0, 1), Uint8Array.of(0x8f, 206, 0, 1, 0, 0, 0, 1)];
  for (let time = 0; time < 20; time += 1) for (const bytes of [media(time), ...lies]) hostile.sendRaw(bytes);
  await other.until(({ counts }) => counts.video > 100);
  assert.ok((await statsOf(stage, 'hostile')).ignoredPackets >= 20);
  assert.equal(other.counts.foreign, 0);
  assert.ok(stage.recorder.packets.every(({ packet }) => packet.ssrc === 1001 || packet.ssrc === 2001));
});

test('a picture that is stopped costs nothing, while the sound goes on; it is back with a key frame', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const subscriber = await subscribe(stage);
  await subscriber.until(({ counts }) => counts.video > 10);
  const change = (video: boolean): Promise<MediaReply> =>
    stage.service.handle({
      ...({ kind: 'changeSubscription', publicationId: ID, subscriptionId: NAME } as const),
      sends: { audio: true, video },
    });
  assert.deepEqual(await change(false), { kind: 'subscriptionChanged' });
  const [audio, video] = [subscriber.counts.audio, subscriber.of('video').length];
  await subscriber.until(({ counts }) => counts.audio > audio + 60);
  const stopped = subscriber.of('video').length;
  assert.ok(stopped <= video + 3, `${stopped - video} came after`);
  await change(true);
  await subscriber.until(({ counts }) => counts.video > stopped + 10);
  assert.equal(subscriber.videoMissing, 0);
  assert.ok(isKeyFrame(subscriber.of('video')[stopped]?.packet.payload));
});

test('a muted publication is silence to its subscribers, and as loud as silence', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const subscriber = await subscribe(stage);
  await stage.service.handle({ kind: 'mute', publicationId: ID, muted: true });
  const from = subscriber.counts.audio + 20;
  await subscriber.until(({ counts }) => counts.audio > from + 20);
  const { packet } = subscriber.of('audio').at(-1) ?? assert.fail();
  assert.deepEqual([...packet.payload], [...SOUND_CODECS.opus.silenceLike(Uint8Array.of(0xf8, 0xff, 0xfe))]);
});

test('a publisher who connects anew goes on under the same numbers', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  const timer = sendOn(stage, publisher);
  const subscriber = await subscribe(stage);
  await subscriber.until(({ counts }) => counts.video > 20 && counts.audio > 20);
  clearInterval(timer);
  const again = await stage.resume();
  sendOn(stage, again);
  const before = subscriber.counts.video;
  await subscriber.until(({ counts }) => counts.video > before + 30);
  assert.equal(subscriber.missing, 0);
  const ssrcs = new Set(subscriber.packets.map(({ packet }) => packet.ssrc));
  assert.equal(ssrcs.size, 2);
});

test('a subscription ends with its publication, and by itself; both are seen at the other end', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const [left, stays] = [await subscribe(stage, { name: 'left' }), await subscribe(stage, { name: 'stays' })];
  await Promise.all([left, stays].map((each) => each.until(({ counts }) => counts.audio > 5)));
  const unsubscribe = (name: string) => ({
    ...({ kind: 'unsubscribe', publicationId: ID, subscriptionId: name as SubscriptionId } as const),
  });
  assert.deepEqual(await stage.service.handle(unsubscribe('left')), { kind: 'unsubscribed' });
  assert.deepEqual(await stage.service.handle(unsubscribe('left')), { kind: 'unknown' });
  await left.until(({ isOver }) => isOver, 'over');
  assert.equal(stays.isOver, false);
  await stage.service.handle({ kind: 'end', publicationId: ID, reason: 'left' });
  await stays.until(({ isOver }) => isOver, 'over');
  const gone = { kind: 'subscribe', publicationId: ID, subscriptionId: NAME, offer: '' } as const;
  assert.deepEqual(await stage.service.handle(gone), { kind: 'unknown' });
});

test('a subscriber who vanishes is given up after half a minute without a word, and the publication is told of', async () => {
  let aheadMs = 0;
  const stage = new Stage(() => nowMs() + aheadMs);
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const subscriber = await subscribe(stage, { path: OPEN_LINK });
  await subscriber.until(({ counts }) => counts.video > 5);
  const ended = stage.until('subscriptionEnded');
  subscriber.vanish();
  // In steps that are no pause of our own.
  const steps = setInterval(() => {
    aheadMs += 400;
    publisher.sendSound();
  }, 10);
  stage.peers.push({ close: () => clearInterval(steps) });
  assert.equal((await ended).subscriptionId, NAME);
  clearInterval(steps);
  assert.deepEqual((await stage.stats()).subscriptions, []);
});

test('a process that has no time for all gives up pictures that it forwards, and nothing that it records', async () => {
  let [aheadMs, share] = [0, 0];
  const stage = new Stage(
    () => nowMs() + aheadMs,
    {},
    () => share,
  );
  const publisher = await stage.publish();
  sendOn(stage, publisher);
  const subscriber = await subscribe(stage);
  await subscriber.until(({ counts }) => counts.video > 5);
  // Ten times as fast as time goes, in steps that are no pause of our own.
  const steps = setInterval(() => {
    aheadMs += 90;
  }, 10);
  stage.peers.push({ close: () => clearInterval(steps) });
  share = 1;
  const isStopped = async (): Promise<boolean> => (await statsOf(stage)).layerSsrc === undefined;
  while (!(await isStopped())) await stage.recorder.received(stage.recorder.packets.length + 1);
  const stopped = subscriber.of('video').length;
  const [audio, recorded] = [subscriber.counts.audio, stage.recorder.sequenceNumbers('video').length];
  await subscriber.until(({ counts }) => counts.audio > audio + 30);
  assert.ok(subscriber.of('video').length <= stopped + 3);
  assert.ok(stage.recorder.sequenceNumbers('video').length > recorded + 20);
  share = 0;
  const before = subscriber.of('video').length;
  await subscriber.until(({ counts }) => counts.video > before + 10);
  assert.ok(isKeyFrame(subscriber.of('video')[before]?.packet.payload));
  assert.equal(subscriber.videoMissing, 0);
});

test('an offer that cannot be answered says why, and leaves nothing behind', async () => {
  const stage = new Stage();
  await stage.publish();
  const refused = async (offer: string): Promise<string> => {
    const reply = await ask(stage, NAME, offer);
    return reply.kind === 'illegalSdp' ? reply.description : assert.fail(JSON.stringify(reply));
  };
  assert.match(await refused('hello'), /^line 1/);
  assert.match(await refused('v=0\r\n'), /no m-line that receives/);
  await assert.rejects(
    Subscriber.subscribe({
      video: 'AV1',
      subscribe: (offer) => refused(offer).then((why) => Promise.reject(new Error(why))),
    }),
    /offered av1, rtx, accepted VP8/,
  );
  assert.deepEqual((await stage.stats()).subscriptions, []);
  assert.deepEqual(
    await stage.service.handle({
      ...{ kind: 'subscribe', offer: '', subscriptionId: NAME },
      publicationId: 'x' as PubStreamId,
    }),
    {
      kind: 'unknown',
    },
  );
});
