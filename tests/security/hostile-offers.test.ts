/** Offers that mean harm, to the real media service: refused with the line and the reason, or answered without anything of theirs. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import type { ConferenceView, JoinView } from '@callreel/contract/conference.ts';
import { CHROMIUM_OFFER, makeOffer, OPUS_SECTION, VP8_SECTION } from '@callreel/media/sdp/offers-fixture.ts';
import { nowMs } from '@callreel/server/base/monotonic-clock.ts';
import type { SpawnMediaProcess } from '@callreel/server/conference/media-pool.ts';
import { MediaService } from '@callreel/server/sfu/media-service.ts';
import type { Recorder } from '@callreel/server/sfu/publication-recordings.ts';
import { Publisher } from '@callreel/server/sfu/publisher-fixture.ts';
import { type Answer, type TestApp, WebFixture } from '../api/web-fixture.ts';
import { heldBytes, readTraces } from './traces.ts';

const nothing = (): void => {};
const unrecorded: Recorder = {
  ...{ handlePacket: nothing, handleSenderReport: nothing, tick: nothing, resume: nothing, handleLayer: nothing },
  ...{ handleMute: nothing, handlePause: nothing, handleReceiverCounts: nothing, handleEarlierCounts: nothing },
  close: async () => {},
};

/** The media service in this process, in place of one in another. */
const spawnMedia: SpawnMediaProcess = (_, onEvent) => {
  const settings = { rtcPort: 0, bindAddress: '127.0.0.1', announceAddresses: [], spoolDir: '' };
  const service = new MediaService({ settings, nowMs, emit: onEvent, startRecorder: () => unrecorded });
  return { request: (request) => service.handle(request), close: () => service.close() };
};

let fixture: WebFixture;
let app: TestApp;
let member: JoinView;

const joinNew = async (): Promise<JoinView> => {
  const made = await fixture.call(`/${app.org}/${app.name}/conferences`, {
    method: 'POST',
    token: app.token,
    json: { rec: true },
  });
  const path = `/v1/${app.org}/${app.name}/conferences/${made.json<ConferenceView>().id}/join`;
  const answer = await fixture.call(path, { method: 'POST', token: app.token, json: { userName: 'ann' } });
  return answer.json<JoinView>();
};

before(async () => {
  fixture = await WebFixture.start({}, { spawnMedia });
  app = await fixture.createApp();
  member = await joinNew();
});
after(() => fixture?.stop());

const offerTo = ({ whip, token }: JoinView, body: string): Promise<Answer> =>
  fixture.call(whip, { method: 'POST', token, body, headers: { 'content-type': 'application/sdp' } });

const end = async ({ token }: JoinView, answer: Answer): Promise<void> => {
  await fixture.call(answer.headers.get('location') ?? '', { method: 'DELETE', token });
};

const ICE = ['a=ice-ufrag:L+2f', 'a=ice-pwd:oVcqtq3xH2d3p9BIoi4lh0Yx'];
const FINGERPRINT = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`;
const withTransport = (...transport: string[]): string => makeOffer([{ ...VP8_SECTION, transport }], 'v');
const withCodec = (...rtpmaps: string[]): string =>
  makeOffer([{ ...VP8_SECTION, lines: rtpmaps.map((rtpmap) => `a=rtpmap:96 ${rtpmap}`) }], 'v');

type Row = readonly [name: string, offer: string, description: RegExp];

const REFUSED: readonly Row[] = [
  ['nothing', '', /empty/],
  ['blanks', ' \r\n\r\n ', /empty/],
  ['no SDP', '{"sdp":"v=0"}', /^line 1/],
  ['a NUL', 'v=0\r\n\0\r\n', /^line 2/],
  ['no m-line', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n', /no m-line/],
  ['an m-line that is none', 'v=0\r\nm=\r\n', /^line 2/],
  ['a port beyond all', makeOffer([{ ...VP8_SECTION, port: 999_999 }], 'v'), /^line 6/],
  ['a thousand m-lines', `v=0\r\n${'m=video 9 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(1000)}`, /more than 32 m-lines/],
  ['no ICE', withTransport(FINGERPRINT, 'a=setup:actpass'), /ice-ufrag/],
  ['an ICE password of 22 blanks', withTransport(ICE[0] ?? '', `a=ice-pwd:${' '.repeat(22)}`, FINGERPRINT), /ice-pwd/],
  ['an ICE password of 5,000 letters', withTransport('a=ice-ufrag:abcd', `a=ice-pwd:${'a'.repeat(5000)}`), /ice-pwd/],
  ['no fingerprint', withTransport(...ICE, 'a=setup:actpass'), /fingerprint/],
  ['a fingerprint of MD5', withTransport(...ICE, 'a=fingerprint:md5 AB:CD', 'a=setup:actpass'), /fingerprint/],
  ['no role in DTLS', withTransport(...ICE, FINGERPRINT), /setup/],
  ['two connections', makeOffer([OPUS_SECTION, VP8_SECTION]), /BUNDLE/],
  ['no rtcp-mux', makeOffer([{ ...VP8_SECTION, mux: false }], 'v'), /rtcp-mux/],
  ['plain RTP', makeOffer([{ ...VP8_SECTION, protocol: 'RTP/AVP' }], 'v'), /no m-line/],
  ['one that only receives', makeOffer([{ ...VP8_SECTION, direction: 'recvonly' }], 'v'), /no m-line/],
  ['foreign codecs', withCodec('H263/90000'), /offered h263/],
  ['a codec of another clock', withCodec('VP8/8000'), /no codec in common/],
  ['a payload type beyond all', makeOffer([{ ...VP8_SECTION, lines: ['a=rtpmap:999 VP8/90000'] }], 'v'), /no codec/],
  [
    'a payload type of RTCP',
    makeOffer([{ ...VP8_SECTION, formats: '72', lines: ['a=rtpmap:72 VP8/90000'] }], 'v'),
    /no codec/,
  ],
];

test('offers that cannot be answered: 400, with the line and the reason, and no trace', async () => {
  const before = await readTraces(fixture);
  for (const [name, offer, description] of REFUSED) {
    const answer = await offerTo(member, offer);
    assert.equal(`${answer.status} ${answer.json().error}`, '400 illegal_sdp', `${name}: ${answer.text}`);
    assert.match(String(answer.json().error_description), description, name);
    assert.ok(String(answer.json().error_description).length < 300, name);
  }
  assert.deepEqual(await readTraces(fixture), before);
});

test('an offer that is larger than any browser makes: 413', async () => {
  const before = await readTraces(fixture);
  for (const size of [70_000, 2 ** 20]) {
    const answer = await offerTo(member, CHROMIUM_OFFER + 'a=x\r\n'.repeat(size / 5));
    assert.equal(answer.json().error, 'payload_too_large');
  }
  assert.deepEqual(await readTraces(fixture), before);
});

const STRANGE_BUT_GOOD: readonly [name: string, offer: string][] = [
  ['foreign lines by the thousand', CHROMIUM_OFFER + 'a=evil:x\r\n'.repeat(4000)],
  ['foreign extensions', CHROMIUM_OFFER.replace('a=mid:0', 'a=mid:0\r\na=extmap:9 urn:evil\r\na=extmap:999 urn:evil')],
  [
    'a thousand streams',
    CHROMIUM_OFFER + Array.from({ length: 1000 }, (_, n) => `a=ssrc:${n} cname:evil\r\n`).join(''),
  ],
  [
    'format parameters with more than their form allows',
    CHROMIUM_OFFER.replace('useinbandfec=1', 'useinbandfec=1 evil'),
  ],
  ['a mid of two words', CHROMIUM_OFFER.replaceAll('a=msid:', 'a=mid:evil word\r\na=msid:')],
];

test('what is strange in an offer that can be answered is not in the answer', async () => {
  for (const [name, offer] of STRANGE_BUT_GOOD) {
    const answer = await offerTo(member, offer);
    assert.equal(answer.status, 201, `${name}: ${answer.text}`);
    assert.doesNotMatch(answer.text, /evil|extmap:999/, name);
    assert.ok(answer.text.length < 6000, name);
    await end(member, answer);
  }
});

const listen = async (): Promise<{ socket: Socket; heard: string[] }> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard: string[] = [];
  socket.on('message', (bytes) => heard.push(bytes.toString('latin1')));
  return { socket, heard };
};

/** After all that was on its way to it: datagrams over loopback keep their order. */
const hearLast = async (socket: Socket, heard: string[]): Promise<void> => {
  const sender = createSocket('udp4');
  sender.send('the last', socket.address().port, '127.0.0.1');
  while (heard.at(-1) !== 'the last') await once(socket, 'message');
  sender.close();
};

const candidatesAt = (port: number): string =>
  [
    '127.0.0.1',
    'localhost',
    '::ffff:127.0.0.1',
    '169.254.169.254',
    '224.0.0.251',
    '0.0.0.0',
    'inner.local',
    'a1b2c3d4.local',
    'evil.invalid',
  ]
    .map((address, index) => `a=candidate:${index} 1 udp 2122063615 ${address} ${port} typ host\r\n`)
    .join('');

test('candidates that point at inner hosts, or at names, are neither asked nor looked up', async () => {
  const { socket, heard } = await listen();
  const candidates = candidatesAt(socket.address().port);
  const own = /a=candidate:.*\r\n/g;
  const spread = CHROMIUM_OFFER.replaceAll(own, '').replaceAll('a=rtcp-mux\r\n', `a=rtcp-mux\r\n${candidates}`);
  const inSession = CHROMIUM_OFFER.replaceAll(own, '').replace('t=0 0\r\n', `t=0 0\r\n${candidates}`);
  const asRemote = spread
    .replaceAll('c=IN IP4 0.0.0.0', 'c=IN IP4 127.0.0.1')
    .replaceAll(/m=(\w+) \d+/g, `m=$1 ${socket.address().port}`);
  const connected: Answer[] = [];
  for (const offer of [spread, inSession, asRemote, asRemote.replaceAll('actpass', 'passive')]) {
    const answer = await offerTo(member, offer);
    assert.equal(answer.status, 201, answer.text);
    assert.doesNotMatch(answer.text, /local|invalid|169\.254|224\.0/);
    connected.push(answer);
  }
  const fragment = `a=ice-ufrag:L+2f\r\na=ice-pwd:oVcqtq3xH2d3p9BIoi4lh0Yx\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidates}`;
  for (const answer of connected) {
    const patched = await fixture.call(answer.headers.get('location') ?? '', {
      ...{ method: 'PATCH', token: member.token, body: fragment },
      headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': answer.headers.get('etag') ?? '' },
    });
    assert.equal(patched.status, 204, patched.text);
  }
  // A whole handshake of another meanwhile, over the same port: more rounds than their checks would have taken to come.
  const stranger = await joinNew();
  const publisher = await Publisher.publish(async (offer) => (await offerTo(stranger, offer)).text);
  await hearLast(socket, heard);
  assert.deepEqual(heard, ['the last']);
  publisher.close();
  for (const answer of connected) await end(member, answer);
  socket.close();
});

test('hundreds of offers, refused and ended again, hold no memory', async () => {
  const refused = `${makeOffer([VP8_SECTION], 'v')}${'a=x\r\n'.repeat(10_000)}zz\r\n`;
  const send = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      await offerTo(member, refused);
      await end(member, await offerTo(member, CHROMIUM_OFFER));
      fixture.logged.length = 0;
    }
  };
  await send(20);
  const before = await heldBytes();
  await send(80);
  const more = (await heldBytes()) - before;
  assert.ok(more < 3 * 2 ** 20, `${more} bytes more are held`);
});
