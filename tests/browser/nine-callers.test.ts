/** As many as a conference takes by default: each publishes, and what each receives is whole. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { SyntheticCaller } from '@callreel/synthetic/caller.ts';
import { Subscriber } from '@callreel/synthetic/receive/subscriber.ts';
import { postOffer } from '@callreel/synthetic/send/whip.ts';
import { openBrowser, skip, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { openPublishingPage, publishFrom } from '../support/publishing-page.ts';
import { receiveIn, waitUntilReceived } from '../support/receiving-page.ts';
import { ALICE, joinAs, mediaOf, publishAs } from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService } from '../support/service.ts';

const SYNTHETIC = 8;
/** Far longer than the test takes. */
const MEDIA_MS = 60_000;
/** Of each publication, at each subscriber. */
const ENOUGH = { video: 40, audio: 60 };

let tested: TestService;
let browser: TestBrowser;
const cleanups = new Cleanups();

before(async () => {
  if (skip) return;
  tested = await startTestService();
  cleanups.add(() => tested.service.stop());
  browser = await openBrowser();
  cleanups.add(() => browser.close());
});
after(() => cleanups.run());

const streamOf = (caller: SyntheticCaller): string => caller.resourceUrl.split('/').at(-1) ?? '';
const whepOf = ({ whip }: JoinView, stream: string): string => whip.replace(/whip$/, `publications/${stream}/whep`);

const subscribe = async (member: JoinView, stream: string): Promise<Subscriber> => {
  const subscriber = await Subscriber.subscribe({
    subscribe: async (offer) => (await postOffer(whepOf(member, stream), member.token, offer)).answer,
  });
  cleanups.add(async () => subscriber.close());
  return subscriber;
};

test('nine callers in one conference: the page sees and hears eight, and each of the eight the page and a neighbour', {
  skip,
}, async () => {
  const confrId = await createCall(tested.api, { rec: true });
  const media = await mediaOf(ALICE, { durationMs: MEDIA_MS, videoCodec: 'VP8', width: 320, height: 180 });
  const members = await Promise.all(
    Array.from({ length: SYNTHETIC }, (_, index) => joinAs(tested.api, confrId, `user${index}`)),
  );
  const callers: SyntheticCaller[] = [];
  for (const member of members) {
    const caller = await publishAs(member, media);
    cleanups.add(() => caller.stop());
    callers.push(caller);
  }
  const streams = callers.map(streamOf);
  const [page, nina] = [
    await openPublishingPage(browser, tested.service.url),
    await joinAs(tested.api, confrId, 'nina'),
  ];
  const ninas = await publishFrom(page, { whipUrl: nina.whip, token: nina.token });

  const subscribers: Subscriber[] = [];
  for (const [index, member] of members.entries()) {
    const neighbours = streams[(index + 1) % SYNTHETIC] ?? '';
    for (const stream of [ninas, neighbours]) subscribers.push(await subscribe(member, stream));
  }
  const urls: string[] = [];
  for (const stream of streams) urls.push(await receiveIn(page, { whepUrl: whepOf(nina, stream), token: nina.token }));

  await Promise.all(
    subscribers.map((each) => each.until(({ counts }) => counts.video >= ENOUGH.video && counts.audio >= ENOUGH.audio)),
  );
  for (const { counts } of subscribers) assert.equal(counts.foreign, 0);
  for (const url of urls) {
    const received = await waitUntilReceived(
      page,
      url,
      (each) => each.framesDecoded >= ENOUGH.video && each.audioEnergy > 0,
    );
    assert.equal(received.width, 320);
  }
});
