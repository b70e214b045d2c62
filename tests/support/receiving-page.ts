/** A page that receives a publication over WHEP, with nothing but what a browser has. */
import type { Page } from 'playwright-core';

export type ReceiveWish = { whepUrl: string; token: string; kinds?: readonly ('audio' | 'video')[] };

/** What a page saw and heard of a publication so far. */
export type Received = {
  framesDecoded: number;
  keyFramesDecoded: number;
  freezes: number;
  width: number;
  height: number;
  /** Of the sound, as libwebrtc sums it up: 0 as long as all is silence. */
  audioEnergy: number;
  /** Where the playing element is, in seconds. */
  playedSeconds: number;
  packetsLost: number;
  retransmitted: number;
  connection: string;
  packets: number;
  /** One stream for both tracks, and its id. */
  streamIds: string[];
};

type Session = {
  connection: RTCPeerConnection;
  video: HTMLVideoElement;
  streamIds: string[];
  url: string;
  answeredMs: number;
};

declare global {
  var callreelReceived: Map<string, Session>;
}

/** Resolves with the subscription's URL when the answer is set. */
export const receiveIn = (page: Page, wish: ReceiveWish): Promise<string> =>
  page.evaluate(async ({ whepUrl, token, kinds = ['audio', 'video'] }) => {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const video = document.createElement('video');
    const streamIds: string[] = [];
    connection.addEventListener('track', ({ streams: [stream] }) => {
      if (stream === undefined) return;
      streamIds.push(stream.id);
      video.srcObject = stream;
      void video.play();
    });
    for (const kind of kinds) connection.addTransceiver(kind, { direction: 'recvonly' });
    await connection.setLocalDescription(await connection.createOffer());
    const response = await fetch(whepUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' },
      body: connection.localDescription?.sdp ?? '',
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    const url = response.headers.get('location') ?? '';
    globalThis.callreelReceived ??= new Map();
    globalThis.callreelReceived.set(url, { connection, video, streamIds, url, answeredMs: performance.now() });
    document.body.append(video);
    return url;
  }, wish);

export const receivedIn = (page: Page, url: string): Promise<Received> =>
  page.evaluate(async (key) => {
    type Report = Record<string, unknown> & { type: string; kind?: string };
    const session = globalThis.callreelReceived.get(key);
    const reports = [...((await session?.connection.getStats())?.values() ?? [])] as Report[];
    const of = (kind: string): Report | undefined =>
      reports.find((report) => report.type === 'inbound-rtp' && report.kind === kind);
    const number = (kind: string, name: string): number => Number(of(kind)?.[name] ?? 0);
    return {
      framesDecoded: number('video', 'framesDecoded'),
      keyFramesDecoded: number('video', 'keyFramesDecoded'),
      freezes: number('video', 'freezeCount'),
      width: number('video', 'frameWidth'),
      height: number('video', 'frameHeight'),
      audioEnergy: number('audio', 'totalAudioEnergy'),
      playedSeconds: session?.video.currentTime ?? 0,
      packetsLost: number('video', 'packetsLost'),
      retransmitted: number('video', 'retransmittedPacketsReceived'),
      connection: session?.connection.connectionState ?? 'none',
      packets: number('audio', 'packetsReceived') + number('video', 'packetsReceived'),
      streamIds: session?.streamIds ?? [],
    };
  }, url);

/** Resolves, with what there is, when what was received is enough. */
export const waitUntilReceived = async (
  page: Page,
  url: string,
  enough: (received: Received) => boolean,
  limitMs = 30_000,
): Promise<Received> => {
  const giveUp = AbortSignal.timeout(limitMs);
  for (;;) {
    const received = await receivedIn(page, url);
    if (enough(received)) return received;
    if (giveUp.aborted) throw new Error(`after ${limitMs} ms no more than ${JSON.stringify(received)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** The state of a subscription's connection, as its page sees it. */
export const connectionStateIn = (page: Page, url: string): Promise<string | undefined> =>
  page.evaluate((key) => globalThis.callreelReceived.get(key)?.connection.connectionState, url);
