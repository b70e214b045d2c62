/** How soon a page has a picture that another page publishes: through the whole service, decoded and shown. */
import type { Page } from 'playwright-core';
import { openBrowser, skip } from '../../tests/support/browser.ts';
import { openPublishingPage, publishFrom } from '../../tests/support/publishing-page.ts';
import { createCall, startTestService } from '../../tests/support/service.ts';

const PAUSE_MS = 237;

/** Milliseconds from creating the offer to the first frame that is shown. */
const firstPicture = (page: Page, whepUrl: string, token: string): Promise<number> =>
  page.evaluate(
    async ([url, bearer]) => {
      const startMs = performance.now();
      const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      const video = document.createElement('video');
      document.body.append(video);
      const shown = new Promise<void>((resolve) => video.requestVideoFrameCallback(() => resolve()));
      connection.addEventListener('track', ({ streams: [stream] }) => {
        if (stream) video.srcObject = stream;
        void video.play().catch(() => {});
      });
      for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'recvonly' });
      await connection.setLocalDescription();
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/sdp' };
      const answer = await fetch(url, { method: 'POST', headers, body: connection.localDescription?.sdp ?? '' });
      await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
      await shown;
      const tookMs = performance.now() - startMs;
      connection.close();
      video.remove();
      return tookMs;
    },
    [whepUrl, token] as const,
  );

/** One after the other; none where there is no Chromium. */
export const measurePages = async (subscriptions: number): Promise<number[]> => {
  if (skip) return [];
  const { service, api } = await startTestService();
  const browser = await openBrowser();
  try {
    const confrId = await createCall(api);
    const [sender, receiver] = [
      await api.join(confrId, { userName: 'ann' }),
      await api.join(confrId, { userName: 'bob' }),
    ];
    const stream = await publishFrom(await openPublishingPage(browser, service.url), {
      ...{ whipUrl: sender.whip, token: sender.token },
    });
    const page = await openPublishingPage(browser, service.url);
    const whepUrl = receiver.whip.replace(/whip$/, `publications/${stream}/whep`);
    const times: number[] = [];
    for (let count = 0; count < subscriptions; count += 1) {
      times.push(await firstPicture(page, whepUrl, receiver.token));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return times;
  } finally {
    await browser.close();
    await service.stop();
  }
};
