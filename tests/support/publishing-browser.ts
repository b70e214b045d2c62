/** Real Chromium publishing its fake camera, one connection after another, each through a link of its own. */
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { Relay, type RelayOptions } from '@callreel/synthetic/send/relay.ts';
import type { Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from './browser.ts';
import { busyPicture } from './busy-picture.ts';

export type CodecName = 'VP8' | 'H264';
/** Whose estimate of the network counts: the sender's, from transport-wide feedback, or ours, told by REMB. `any`: as offered. */
export type Mode = 'TWCC' | 'REMB' | 'any';

export type Wish = {
  codec: CodecName;
  mode: Mode;
  network: RelayOptions;
  /** Takes an offer and gives the answer. */
  publish: (offer: string) => Promise<string>;
  source?: Source;
  /** As our own client connects (`keepFullSize`), and not as any other page. */
  ours?: boolean;
};

/** The fake camera, or a picture that is busy everywhere. */
export type Source = { kind: 'camera' | 'busy'; width: number; height: number };

const CAMERA_720P: Source = { kind: 'camera', width: 1280, height: 720 };

/** What the browser says of the video that it sends. */
export type SentVideo = {
  /** Since the connection was answered. */
  atMs: number;
  width: number;
  height: number;
  framesPerSecond: number;
  bytes: number;
  targetBitsPerSecond: number;
  availableBitsPerSecond: number;
  limitation: string;
  keyFrames: number;
  qpSum: number;
  frames: number;
};

declare global {
  var bitrateBench: { connection: RTCPeerConnection; stream: MediaStream; answeredMs: number };
  var makeBusyPicture: (size: { width: number; height: number }) => MediaStream;
  var keepFullSize: (connection: RTCPeerConnection, sender: RTCRtpSender) => void;
  var openSource: (source: Source) => Promise<MediaStream>;
}

const LOOPBACK = '127.0.0.1';
/** localhost is a place where devices are given out; nothing is asked of the network. */
const PAGE_URL = 'http://localhost:1/';

/** What is left out of the offer, so that the service takes the other way. */
const LEFT_OUT: Record<Mode, RegExp | undefined> = {
  TWCC: /^a=rtcp-fb:.* goog-remb$/,
  REMB: /^a=rtcp-fb:.* transport-cc$|^a=extmap:.*transport-wide-cc/,
  any: undefined,
};

const offerFor = (mode: Mode, offer: string): string =>
  offer
    .split('\r\n')
    .filter((line) => LEFT_OUT[mode]?.test(line) !== true)
    .join('\r\n');

/** The very code of our client, as a browser takes it. */
const clientModule = async (): Promise<string> => {
  const path = new URL('../../packages/client/src/full-size-picture.ts', import.meta.url);
  return stripTypeScriptTypes(await readFile(path, 'utf8'));
};

/** Everything it uses must stand in it: it runs in the page. */
const openStream = async ({ kind, width, height }: Source): Promise<MediaStream> => {
  const { mediaDevices } = navigator;
  const size = { width, height };
  if (kind === 'camera') return mediaDevices.getUserMedia({ audio: true, video: { ...size, frameRate: 30 } });
  const microphone = await mediaDevices.getUserMedia({ audio: true });
  return new MediaStream([...microphone.getAudioTracks(), ...globalThis.makeBusyPicture(size).getVideoTracks()]);
};

const makeOffer = async ({ codec, ours }: { codec: CodecName; ours: boolean }): Promise<string> => {
  const { stream, connection } = globalThis.bitrateBench;
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  for (const track of [...stream.getAudioTracks(), ...stream.getVideoTracks()]) {
    const isVideo = track.kind === 'video';
    const options = { direction: 'sendonly' as const, streams: [stream] };
    const transceiver = connection.addTransceiver(track, options);
    if (!isVideo) continue;
    const taken = codecs.filter(({ mimeType }) => mimeType === `video/${codec}` || mimeType === 'video/rtx');
    transceiver.setCodecPreferences(taken);
    if (ours) globalThis.keepFullSize(connection, transceiver.sender);
  }
  await connection.setLocalDescription(await connection.createOffer());
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 10));
  return connection.localDescription?.sdp ?? '';
};

const offerFrom = async (page: Page, { codec, ours = false, source = CAMERA_720P }: Wish): Promise<string> => {
  await page.evaluate(`globalThis.makeBusyPicture = ${busyPicture}; globalThis.openSource = ${openStream};`);
  await page.addScriptTag({
    type: 'module',
    content: `${await clientModule()}\nglobalThis.keepFullSize = keepFullSize;`,
  });
  await page.evaluate(async (wanted) => {
    const stream = await globalThis.openSource(wanted);
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    globalThis.bitrateBench = { connection, stream, answeredMs: 0 };
  }, source);
  return page.evaluate(makeOffer, { codec, ours });
};

const answer = (page: Page, sdp: string): Promise<void> =>
  page.evaluate(async (text) => {
    const bench = globalThis.bitrateBench;
    await bench.connection.setRemoteDescription({ type: 'answer', sdp: text });
    bench.answeredMs = performance.now();
  }, sdp);

/** So that a busy picture is sent as large as it is: it becomes blurred, and fewer. */
const keepSize = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const senders = globalThis.bitrateBench.connection.getSenders();
    const video = senders.find(({ track }) => track?.kind === 'video');
    await video?.setParameters({ ...video.getParameters(), degradationPreference: 'maintain-resolution' });
  });

/** The relay's candidate, which stands last, belongs into the first m-line. */
const withCandidateInPlace = (lines: readonly string[]): string => {
  const candidate = lines.at(-1) ?? '';
  const others = lines.slice(0, -1).filter((line) => line !== '');
  return [...others.toSpliced(others.indexOf('a=end-of-candidates'), 0, candidate), ''].join('\r\n');
};

export class PublishingBrowser {
  readonly #browser: TestBrowser;

  private constructor(browser: TestBrowser) {
    this.#browser = browser;
  }

  static async open(): Promise<PublishingBrowser> {
    return new PublishingBrowser(await openBrowser());
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  async publish(wish: Wish): Promise<BrowserPublication> {
    const page = await this.#browser.newPage();
    await page.route(PAGE_URL, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(PAGE_URL);
    const offer = await offerFrom(page, wish);
    const answered = await wish.publish(offerFor(wish.mode, offer));
    const relayed = await Relay.before(answered.split('\r\n'), LOOPBACK, wish.network);
    if (relayed === undefined) throw new Error('the answer has no candidate');
    const { relay, transportLines } = relayed;
    await answer(page, withCandidateInPlace(transportLines));
    if (wish.source?.kind === 'busy') await keepSize(page);
    return new BrowserPublication(page, relay);
  }
}

export class BrowserPublication {
  readonly relay: Relay;
  readonly #page: Page;

  constructor(page: Page, relay: Relay) {
    this.#page = page;
    this.relay = relay;
  }

  /** Undefined before the first picture. */
  sent(): Promise<SentVideo | undefined> {
    return this.#page.evaluate(async () => {
      const bench = globalThis.bitrateBench;
      const reports = [...(await bench.connection.getStats()).values()];
      const video = reports.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
      const pair = reports.find(({ type, nominated }) => type === 'candidate-pair' && nominated);
      if (video?.frameHeight === undefined) return undefined;
      return {
        atMs: performance.now() - bench.answeredMs,
        width: video.frameWidth ?? 0,
        height: video.frameHeight ?? 0,
        framesPerSecond: video.framesPerSecond ?? 0,
        bytes: video.bytesSent ?? 0,
        targetBitsPerSecond: video.targetBitrate ?? 0,
        availableBitsPerSecond: pair?.availableOutgoingBitrate ?? 0,
        limitation: video.qualityLimitationReason ?? '',
        keyFrames: video.keyFramesEncoded ?? 0,
        qpSum: video.qpSum ?? 0,
        frames: video.framesEncoded ?? 0,
      };
    });
  }

  /** Without a word to the other side. */
  async close(): Promise<void> {
    await this.#page.close();
    this.relay.close();
  }
}
