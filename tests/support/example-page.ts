/** A page of an application that uses @callreel/client: it holds an example of the package, and what a test does with it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type * as Client from '@callreel/client';
import { Assets } from '@callreel/server/web/assets.ts';
import type { Service } from '@callreel/synthetic/service.ts';
import type { Page } from 'playwright-core';
import type * as AnswerCalls from '../../packages/client/examples/answer-calls.ts';
import type * as CallSomebody from '../../packages/client/examples/call-somebody.ts';
import type * as HoldAConference from '../../packages/client/examples/hold-a-conference.ts';
import type * as MuteYourself from '../../packages/client/examples/mute-yourself.ts';
import type * as RecordByHand from '../../packages/client/examples/record-by-hand.ts';
import type * as SeeTheOthers from '../../packages/client/examples/see-the-others.ts';
import type * as ShareTheScreen from '../../packages/client/examples/share-the-screen.ts';
import type * as SignIn from '../../packages/client/examples/sign-in.ts';
import type * as WhoIsIn from '../../packages/client/examples/who-is-in.ts';
import type { TestBrowser } from './browser.ts';
import { openWatchedPage } from './publishing-page.ts';

const NAMES = [
  'answer-calls',
  'call-somebody',
  'hold-a-conference',
  'mute-yourself',
  'record-by-hand',
  'see-the-others',
  'share-the-screen',
  'sign-in',
  'who-is-in',
];

/** All that the examples give, and the package itself. */
export type Examples = typeof Client &
  typeof AnswerCalls &
  typeof CallSomebody &
  typeof HoldAConference &
  typeof MuteYourself &
  typeof RecordByHand &
  typeof SeeTheOthers &
  typeof ShareTheScreen &
  typeof SignIn &
  typeof WhoIsIn;

/** What the page keeps for the next step. */
type Kept = {
  examples: Examples;
  api: Client.CallreelApi;
  membership: Client.Membership;
  camera: Client.Publication;
  screen: Client.Publication;
  line: Client.UserLine;
  call: Client.Call;
  /** What was told, in order. */
  told: string[];
};

declare global {
  var kept: Kept;
}

const HTML = `<!doctype html><meta charset="utf-8"><title>An application</title>
<link rel="icon" href="data:,">
<script type="importmap">{"imports":{"@callreel/client":"/client/index.ts","@callreel/contract/":"/contract/"}}</script>
<main></main><output></output>
<script type="module">
  const modules = await Promise.all(${JSON.stringify(['@callreel/client', ...NAMES.map((name) => `/examples/${name}.ts`)])}.map((name) => import(name)));
  globalThis.kept = { examples: Object.assign({}, ...modules), told: [] };
</script>`;

const folderOf = (path: string): string => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));

/** An application's own server, of another origin than the service's: `CALLREEL_CORS_ORIGINS` has to name it. */
export class ExampleServer {
  readonly #server: Server;
  readonly origin: string;

  private constructor(server: Server) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<ExampleServer> {
    const assets = new Assets({
      examples: folderOf('client/examples'),
      client: folderOf('client/src'),
      contract: folderOf('contract/src'),
    });
    const server = createServer(async (request, response) => {
      const path = request.url?.slice(1) ?? '';
      const asset = path === '' ? { body: HTML, contentType: 'text/html' } : await assets.find(path);
      response.writeHead(asset ? 200 : 404, { 'content-type': asset?.contentType ?? 'text/plain' });
      response.end(asset?.body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ExampleServer(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A page of the application, where a user of the app has signed in through the example for that. */
export const openExamplePage = async (
  browser: TestBrowser,
  { origin }: ExampleServer,
  { url: baseUrl, credentials }: Service,
  { userName, password }: { userName: string; password: string },
): Promise<Page> => {
  const page = await openWatchedPage(browser);
  await page.goto(origin);
  await page.waitForFunction(() => globalThis.kept !== undefined);
  const { org, app } = credentials;
  await page.evaluate(
    async (given) => {
      const { examples } = globalThis.kept;
      const address = { baseUrl: given.baseUrl, org: given.org, app: given.app };
      globalThis.kept.api = await examples.signIn(address, given.userName, given.password);
    },
    { baseUrl, org, app, userName, password },
  );
  return page;
};
