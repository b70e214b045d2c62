/** A page that publishes through the browser SDK, driven step by step. */
import type * as Capture from '@callreel/client/capture.ts';
import type * as PublicationModule from '@callreel/client/publication.ts';
import type { PublicationKind, VideoCodecName } from '@callreel/contract/conference.ts';
import type { Page } from 'playwright-core';
import type { TestBrowser } from './browser.ts';

/** What the page keeps for the next step. */
type PageState = {
  connections: RTCPeerConnection[];
  publications: Map<string, PublicationModule.Publication>;
};

declare global {
  var callreelTest: PageState;
}

export type PublishWish = {
  whipUrl: string;
  token: string;
  kind?: PublicationKind;
  videoCodec?: VideoCodecName;
};

/** Collects the connections that the SDK keeps to itself, for their statistics. */
const collectConnections = (): void => {
  const connections: RTCPeerConnection[] = [];
  globalThis.callreelTest = { connections, publications: new Map() };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
};

/** A new page whose connections can be asked how much they have sent. */
export const openWatchedPage = async (browser: TestBrowser): Promise<Page> => {
  const page = await browser.newPage();
  await page.addInitScript(collectConnections);
  return page;
};

/** Opens a page of the service's own origin, so that it may load the SDK and call the service. */
export const openPublishingPage = async (browser: TestBrowser, serviceUrl: string): Promise<Page> => {
  const page = await openWatchedPage(browser);
  await page.goto(serviceUrl);
  return page;
};

/** Publishes camera and microphone, or a screen; resolves with the pubStreamId when the media is connected. */
export const publishFrom = async (page: Page, wish: PublishWish): Promise<string> => {
  const pubStreamId = await page.evaluate(async ({ whipUrl, token, kind = 'av', videoCodec }) => {
    const load = (name: string): Promise<unknown> => import(`/assets/client/${name}.ts`);
    const capture = (await load('capture')) as typeof Capture;
    const { publish } = (await load('publication')) as typeof PublicationModule;
    const stream =
      kind === 'desktop'
        ? await capture.openScreen()
        : await capture.openCameraAndMicrophone({ camera: true, microphone: true });
    const publication = await publish({ whipUrl, token, stream, kind, ...(videoCodec ? { videoCodec } : {}) });
    globalThis.callreelTest.publications.set(publication.pubStreamId, publication);
    return publication.pubStreamId;
  }, wish);
  await page.waitForFunction((id) => globalThis.callreelTest.publications.get(id)?.state === 'connected', pubStreamId);
  return pubStreamId;
};

/** Resolves when the latest connection has sent so many video frames. */
export const waitForFramesSent = (page: Page, frames: number): Promise<void> =>
  page.evaluate(async (wanted) => {
    type Report = { type: string; kind?: string; framesSent?: number };
    const framesSent = async (): Promise<number> => {
      const stats = await globalThis.callreelTest.connections.at(-1)?.getStats();
      const reports = [...(stats?.values() ?? [])] as Report[];
      return reports.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')?.framesSent ?? 0;
    };
    while ((await framesSent()) < wanted) await new Promise((resolve) => setTimeout(resolve, 50));
  }, frames);

/** Ends a publication with a DELETE. */
export const stopPublishing = (page: Page, pubStreamId: string): Promise<void> =>
  page.evaluate(async (id) => {
    await globalThis.callreelTest.publications.get(id)?.stop();
  }, pubStreamId);

/** Breaks the latest connection without a word to the SDK, then has the SDK resume; resolves when media is connected again. */
export const breakAndResume = async (page: Page, pubStreamId: string): Promise<void> => {
  await page.evaluate(async (id) => {
    globalThis.callreelTest.connections.at(-1)?.close();
    await globalThis.callreelTest.publications.get(id)?.resume();
  }, pubStreamId);
  await page.waitForFunction((id) => globalThis.callreelTest.publications.get(id)?.state === 'connected', pubStreamId);
};
