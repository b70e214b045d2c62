/** Callers behind a NAT, behind a firewall that lets no media out, and with IPv6 alone: in networks of the test's own, which need root. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { Page } from 'playwright-core';
import { skip as noBrowser, openBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { Coturn, provideCoturn } from '../support/coturn.ts';
import { isInOwnNetwork, type Machine, runInOwnNetwork, whyNoNamespaces } from '../support/network-namespace.ts';
import { openPublishingPage, publishFrom, waitForFramesSent } from '../support/publishing-page.ts';
import { inspectRecording, joinAs, leave } from '../support/recorded-call.ts';
import { createCall, startTestService, type TestService, waitForRecordings } from '../support/service.ts';
import { buildInternet, type Internet, RELAY, SERVICE } from './internet.ts';

const run = promisify(execFile);
const PUBLISHER = fileURLToPath(new URL('publisher.ts', import.meta.url));
const SECRET = 'north-wind-and-sun';
const ORIGIN = `http://${SERVICE.v4}:${SERVICE.port}`;

const skip = isInOwnNetwork ? false : (provideCoturn() ?? whyNoNamespaces() ?? false);
if (skip) console.log(`${skip}: the network tests are skipped.`);
else if (!isInOwnNetwork) await runInOwnNetwork(import.meta.url);

let internet: Internet;
let tested: TestService;

const cleanups = new Cleanups();

const turnUrls = ['udp', 'tcp'].map((transport) => `turn:${RELAY.address}:${RELAY.port}?transport=${transport}`);

const settings = {
  CALLREEL_HOST: '::',
  CALLREEL_PORT: String(SERVICE.port),
  CALLREEL_RTC_PORT: String(SERVICE.rtcPort),
  CALLREEL_PUBLIC_URL: ORIGIN,
  CALLREEL_RTC_ADDRESS: `${SERVICE.v4},${SERVICE.v6}`,
  CALLREEL_ICE_SERVERS: turnUrls.join(),
  CALLREEL_TURN_SECRET: SECRET,
};

before(async () => {
  if (skip) return;
  internet = await buildInternet(cleanups);
  const { within } = internet.relay;
  const relay = { within, address: RELAY.address, secret: SECRET, serviceAddress: SERVICE.v4 };
  const [coturn, service] = await Promise.all([Coturn.start(relay), startTestService({ settings })]);
  cleanups.add(() => coturn.stop());
  cleanups.add(() => service.service.stop());
  tested = service;
});

after(() => cleanups.run());

const member = async (name: string): Promise<{ confrId: string; view: JoinView }> => {
  const confrId = await createCall(tested.api);
  return { confrId, view: await joinAs(tested.api, confrId, name) };
};

const assertRecorded = async (confrId: string): Promise<void> => {
  const [recording, ...others] = await waitForRecordings(tested.api, confrId, ({ length }) => length > 0);
  assert.deepEqual(others, []);
  const { video, audio, durationMs } = await inspectRecording(recording as RecordingView);
  assert.ok(durationMs > 1000, `${durationMs} ms`);
  assert.deepEqual([video?.codec, audio?.codec, video?.decodeErrors], ['vp8', 'opus', 0]);
};

/** Publishes with an exact sender, leaves, and looks at what was recorded. */
const publishFromMachine = async ({ within }: Machine, address: string, host: string): Promise<void> => {
  const { confrId, view } = await member('ann');
  const [program = '', ...args] = within;
  const whipUrl = view.whip.replace(ORIGIN, `http://${host}:${SERVICE.port}`);
  await run(program, [...args, process.execPath, PUBLISHER, whipUrl, view.token, address]);
  await leave(view);
  await assertRecorded(confrId);
};

test('behind a NAT, the address outside is announced and callers get through', { skip }, async () => {
  await publishFromMachine(internet.street, '198.51.100.2', SERVICE.v4);
});

test('a caller who has IPv6 alone', { skip }, async () => {
  await publishFromMachine(internet.village, '2001:db8:b::2', `[${SERVICE.v6}]`);
});

type Candidate = { candidateType: string; relayProtocol?: string };

/** What the connection goes by, as the browser says. */
const waySent = (page: Page): Promise<Candidate | undefined> =>
  page.evaluate(async () => {
    const stats = [...((await globalThis.callreelTest.connections.at(-1)?.getStats())?.values() ?? [])];
    const transport = stats.find(({ type }) => type === 'transport');
    const pair = stats.find(({ id }) => id === transport?.selectedCandidatePairId);
    const { candidateType, relayProtocol } = stats.find(({ id }) => id === pair?.localCandidateId) ?? {};
    return { candidateType, relayProtocol };
  });

test('a firewall that lets no media through to the service: the browser goes by TURN', {
  skip: skip || noBrowser,
}, async () => {
  const browser = await openBrowser({ within: internet.office.within, trustedOrigin: ORIGIN });
  cleanups.add(() => browser.close());
  const { confrId, view } = await member('ben');
  const page = await openPublishingPage(browser, ORIGIN);
  await publishFrom(page, { whipUrl: view.whip, token: view.token });
  await waitForFramesSent(page, 60);
  assert.deepEqual(await waySent(page), { candidateType: 'relay', relayProtocol: 'udp' });
  await leave(view);
  await assertRecorded(confrId);
});

/** coturn's own client, on the street: what it said. */
const relayTo = async (peer: string, untilSeconds: number): Promise<string> => {
  const username = `${untilSeconds}:IM_X1C1M1`;
  const password = createHmac('sha1', SECRET).update(username).digest('base64');
  const [program = '', ...args] = internet.street.within;
  const client = ['turnutils_uclient', '-t', '-c', '-n', '1', '-m', '1', '-u', username, '-w', password, '-e', peer];
  const told = await run(program, [...args, ...client, RELAY.address], { timeout: 10_000 }).catch((error) => error);
  return `${told.stdout}${told.stderr}`;
};

test('the relay leads to the service and nowhere else, and no longer than the credentials say', { skip }, async () => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  for (const peer of ['127.0.0.1', '10.0.0.2', '203.0.113.20', '198.51.100.2', '169.254.169.254']) {
    assert.match(await relayTo(peer, nowSeconds + 60), /error 403 \(Forbidden IP\)/, peer);
  }
  assert.match(await relayTo(SERVICE.v4, nowSeconds - 60), /Cannot complete Allocation/);
});
