/** Pages of another origin that use the vendor's web SDK as it is published, and only what its documents name of it. */
import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import type { TestBrowser } from './browser.ts';

const SDK = createRequire(import.meta.url).resolve('easemob-emedia');

/** What did not come by then does not come. */
const LIMIT_MS = 60_000;

export type SdkMember = { id: string; memName?: string; name?: string; nickName?: string; role?: number };
export type SdkStream = { id: string; type: number; voff: number; aoff: number; located(): boolean };
export type SdkConference = { confrId: string; role: number; roleToken: string; joinId?: string; type: number };

type Callback = (...values: never[]) => void;
type Manager = Record<string, unknown> & {
  setIdentity(memName: string, token: string): void;
  createConference(wish: Record<string, unknown>): Promise<SdkConference & { ticket: string; password: string }>;
  joinConferenceWithTicket(confrId: string, ticket: string, ext?: unknown): Promise<SdkConference>;
  joinConference(confrId: string, password: string, ext?: unknown): Promise<SdkConference>;
  joinRoom(wish: Record<string, unknown>): Promise<SdkConference>;
  publish(constraints: unknown, ext?: unknown): Promise<SdkStream>;
  shareDesktopWithAudio(wish: Record<string, unknown>): Promise<SdkStream>;
  subscribe(member: SdkMember, stream: SdkStream, video: boolean, audio: boolean, tag: Element): Promise<unknown>;
  unsubscribe(stream: SdkStream): unknown;
  unpublish(stream: SdkStream): unknown;
  /** Spelt so. */
  onMediaChanaged(tag: Element, handle: (switches: { audio?: boolean; video?: boolean }) => void): void;
  pauseVideo(stream: SdkStream): Promise<unknown>;
  pauseAudio(stream: SdkStream): Promise<unknown>;
  resumeAudio(stream: SdkStream): Promise<unknown>;
  exitConference(close?: boolean): unknown;
  kickMembersById(confr: unknown, memNames: string[]): Promise<unknown>;
  grantRole(confr: unknown, memNames: string[], role: number): Promise<unknown>;
  degradeRole(confrId: string, memNames: string[], role: number): Promise<unknown>;
  destroyConference(confrId: string): Promise<unknown>;
  setConferenceAttrs(attribute: { key: string; val: string }): unknown;
  deleteConferenceAttrs(attribute: { key: string }): unknown;
  muteAll(confrId: string): Promise<unknown>;
  unmuteAll(confrId: string): Promise<unknown>;
  requestToTalker(confrId: string): unknown;
  muteBymemberId(confrId: string, memberId: string): unknown;
};

/** What the page keeps for the next step, and what its callbacks heard. */
export type Heard = { what: string; values: unknown[] };
type PageState = {
  heard: Heard[];
  confr: SdkConference | undefined;
  streams: Map<string, { member: SdkMember; stream: SdkStream }>;
  published: SdkStream[];
  videos: Map<string, HTMLVideoElement>;
  sockets: WebSocket[];
};

declare global {
  var emedia: { mgr: Manager; config(settings: Record<string, unknown>): void };
  var sdkPage: PageState;
}

const HTML = '<!doctype html><meta charset="utf-8"><title>SDK</title><script src="/sdk.js"></script><body></body>';

/** The origin that such pages come from: add it to `CALLREEL_CORS_ORIGINS`. */
export class SdkPages {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async serve(): Promise<SdkPages> {
    const server = createServer((request, response) => {
      const isSdk = request.url === '/sdk.js';
      response.writeHead(200, { 'Content-Type': isSdk ? 'text/javascript' : 'text/html' });
      if (isSdk) createReadStream(SDK).pipe(response);
      else response.end(HTML);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SdkPages(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A page whose SDK knows who its user is. */
  async open(browser: TestBrowser, identity: Identity): Promise<Page> {
    const page = await browser.newPage();
    await page.addInitScript(collect);
    await page.goto(this.origin);
    await page.evaluate(setUp, identity);
    return page;
  }
}

export type Identity = { restPrefix: string; appkey: string; memName: string; token: string };

/** Sockets, to drop one as a network does; connections, to ask them how much they sent. */
const collect = (): void => {
  const sockets: WebSocket[] = [];
  const connections: RTCPeerConnection[] = [];
  globalThis.callreelTest = { connections, publications: new Map() };
  globalThis.sdkPage = {
    ...{ heard: [], confr: undefined, published: [], sockets },
    ...{ streams: new Map(), videos: new Map() },
  };
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
};

const setUp = ({ restPrefix, appkey, memName, token }: Identity): void => {
  const { emedia, sdkPage: state } = globalThis;
  emedia.config({ restPrefix, appkey, isHttpDNS: false, consoleLogger: false });
  const listen = (name: string, handle: Callback = () => {}): void => {
    emedia.mgr[name] = (...values: never[]) => {
      const plain = values.map((value) => {
        const given = value as { id?: string; memName?: string } | string | number | undefined;
        return typeof given === 'object' && given?.id !== undefined ? { id: given.id, memName: given.memName } : given;
      });
      state.heard.push({ what: name, values: JSON.parse(JSON.stringify(plain)) as unknown[] });
      handle(...values);
    };
  };
  listen('onStreamAdded', (member: SdkMember, stream: SdkStream) => {
    if (!stream.located()) state.streams.set(stream.id, { member, stream });
  });
  listen('onStreamRemoved', (_: SdkMember, stream: SdkStream) => {
    if (stream.located()) return;
    state.streams.delete(stream.id);
    emedia.mgr.unsubscribe(stream);
  });
  for (const name of ['onMemberJoined', 'onMemberExited', 'onRoleChanged', 'onConferenceExit', 'onAdminChanged'])
    listen(name);
  for (const name of ['onConfrAttrsUpdated', 'onMuteAll', 'onUnMuteAll', 'onMuted', 'onRequestToTalkerReply'])
    listen(name);
  listen('onRequestToTalker', (applicant: { memberId: string }, agree: (memberId: string) => void) =>
    agree(applicant.memberId),
  );
  emedia.mgr.setIdentity(memName, token);
};

/** Publishes the fake camera, or the screen; resolves with the stream's id. */
export const publishIn = (page: Page, what: 'camera' | 'screen' = 'camera'): Promise<string> =>
  page.evaluate(async (wanted) => {
    const { emedia, sdkPage: state } = globalThis;
    const stream =
      wanted === 'screen'
        ? await emedia.mgr.shareDesktopWithAudio({ confrId: state.confr?.confrId, audio: false })
        : await emedia.mgr.publish({ audio: true, video: true }, { from: 'test' });
    state.published.push(stream);
    return stream.id;
  }, what);

/** Receives what this page heard of under that id, into an element of its own; resolves when its picture moves. */
export const subscribeIn = async (page: Page, id: string): Promise<void> => {
  await page.waitForFunction((wanted) => globalThis.sdkPage.streams.has(wanted), id);
  await page.evaluate(async (wanted) => {
    const { emedia, sdkPage: state } = globalThis;
    const found = state.streams.get(wanted);
    if (found === undefined) throw new Error(`no stream ${wanted}`);
    const video = document.createElement('video');
    Object.assign(video, { autoplay: true, muted: true });
    document.body.append(video);
    state.videos.set(wanted, video);
    await emedia.mgr.subscribe(found.member, found.stream, true, true, video);
    emedia.mgr.onMediaChanaged(video, (switches) => {
      state.heard.push({ what: `onMediaChanaged ${wanted}`, values: [switches] });
    });
  }, id);
  await waitUntilPlaying(page, id);
};

/** Resolves when it has gone on for half a second more. */
export const waitUntilPlaying = async (page: Page, id: string): Promise<void> => {
  const seconds = await page.evaluate((wanted) => globalThis.sdkPage.videos.get(wanted)?.currentTime ?? 0, id);
  await page.waitForFunction(
    ({ wanted, from }) => {
      const video = globalThis.sdkPage.videos.get(wanted);
      return video !== undefined && video.videoWidth > 0 && video.currentTime > from + 0.5;
    },
    { wanted: id, from: seconds },
  );
};

/** Leaves, and closes the conference where told so. The SDK's promise may fail as it ends what it waits for itself: what the others hear counts. */
export const exitIn = (page: Page, closes = false): Promise<void> =>
  page.evaluate(async (close) => {
    try {
      await globalThis.emedia.mgr.exitConference(close);
    } catch {}
  }, closes);

/** The first that its callback of this name heard, past or to come, with this among it, and without that. */
export const heardIn = async (page: Page, what: string, among: unknown = '', except?: string): Promise<Heard> => {
  const found = await page
    .waitForFunction(
      (wanted) =>
        globalThis.sdkPage.heard.find((heard) => {
          const values = JSON.stringify(heard.values);
          const isOther = wanted.except === undefined || !values.includes(wanted.except);
          return heard.what === wanted.what && values.includes(wanted.among) && isOther;
        }),
      { what, among: String(among), except },
      { timeout: LIMIT_MS },
    )
    .catch(async (cause: unknown) => {
      const heard = await page.evaluate(() => JSON.stringify(globalThis.sdkPage.heard));
      throw new Error(`no ${what} with ${among} within ${LIMIT_MS} ms, but ${heard}`, { cause });
    });
  return (await found.jsonValue()) as Heard;
};
