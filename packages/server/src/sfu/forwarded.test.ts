import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { SubscriptionId } from '@callreel/contract/ids.ts';
import { Subscriber, type SubscriberOptions } from '@callreel/synthetic/receive/subscriber.ts';
import { ID, Stage } from './media-stage-fixture.ts';

const open: Subscriber[] = [];
after(() => {
  for (const subscriber of open) subscriber.close();
});

const subscribe = async (stage: Stage, name: string, options: Partial<SubscriberOptions> = {}): Promise<Subscriber> => {
  const subscriber = await Subscriber.subscribe({
    keeps: true,
    ...options,
    subscribe: async (offer) => {
      const subscriptionId = name as SubscriptionId;
      const reply = await stage.service.handle({ kind: 'subscribe', publicationId: ID, subscriptionId, offer });
      return reply.kind === 'answered' ? reply.answer : assert.fail(JSON.stringify(reply));
    },
  });
  open.push(subscriber);
  return subscriber;
};

test('a subscriber gets sound and picture under his own numbers, from a key frame on that was asked for at once', async () => {
  const stage = new Stage();
  const publisher = await stage.publish();
  publisher.sendPicture();
  publisher.sendSound();
  const subscriber = await subscribe(stage, 'one');
  const sending = setInterval(() => {
    publisher.sendSound();
    publisher.sendPicture();
  }, 10);
  await publisher.keyFrameRequested;
  publisher.sendKeyFrame();
  await subscriber.until(({ counts }) => counts.video > 5 && counts.audio > 5);
  clearInterval(sending);
  assert.equal(subscriber.counts.foreign, 0);
  const [first] = subscriber.of('video');
  assert.equal(first?.packet.payload[4], 0x9d);
});
