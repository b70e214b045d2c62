import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIO_CODEC_NAMES } from '@callreel/contract/conference.ts';
import fc from 'fast-check';
import { chooseMedia } from './choose-media.ts';
import { parseOffer } from './offer.ts';
import { CHROMIUM_OFFER, makeOffer, OPUS_SECTION, type SectionFixture, VP8_SECTION } from './offers-fixture.ts';
import { SdpError, type SdpErrorReason } from './sdp-error.ts';

const ACCEPTED = { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: ['VP8', 'H264'] } as const;

const refusal = (text: string): SdpError => {
  try {
    chooseMedia(parseOffer(text), ACCEPTED);
  } catch (error) {
    assert.ok(error instanceof SdpError);
    return error;
  }
  throw new assert.AssertionError({ message: 'the offer was taken' });
};

const assertRefused = (text: string, reason: SdpErrorReason, message: RegExp): void => {
  const error = refusal(text);
  assert.equal(error.reason, reason);
  assert.match(error.message, message);
};

test('what Chromium offers', () => {
  const offer = parseOffer(CHROMIUM_OFFER);
  assert.equal(offer.mixedExtensions, true);
  assert.deepEqual(
    offer.sections.map(({ mid, bundled, sends, disabled }) => ({ mid, bundled, sends, disabled })),
    [
      { mid: '0', bundled: true, sends: true, disabled: false },
      { mid: '1', bundled: true, sends: true, disabled: false },
    ],
  );
  const video = offer.sections[1];
  assert.deepEqual([...(video?.repairs ?? [])], [[2522372685, 2806965345]]);
  const [vp8, rtx] = video?.codecs ?? [];
  assert.equal(vp8?.name, 'vp8');
  assert.deepEqual([...(vp8?.feedback ?? [])], ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli']);
  assert.equal(rtx?.parameters.get('apt'), '96');
});

test('an empty offer', () => {
  assertRefused('', 'empty', /empty/);
  assertRefused(' \r\n\r\n', 'empty', /empty/);
});

test('an offer over 64 KiB', () => {
  assertRefused(CHROMIUM_OFFER + 'a=x\r\n'.repeat(14_000), 'tooLarge', /65536/);
});

test('more than 32 m-lines: the line is named', () => {
  const sections = Array.from({ length: 33 }, (): SectionFixture => ({ kind: 'audio', transport: [] }));
  assertRefused(makeOffer(sections), 'tooManySections', /^line \d+: more than 32/);
});

test('a line that is none', () => {
  assertRefused('v=0\r\nhello\r\n', 'malformed', /^line 2: "hello"/);
  assertRefused('v=0\r\nm=audio x UDP/TLS/RTP/SAVPF 111\r\n', 'malformed', /^line 2: "m=audio x/);
  assertRefused('{"sdp":"v=0"}', 'malformed', /^line 1/);
});

test('a message shows no control characters, and not much of a long line', () => {
  const { message } = refusal(`v=0\r\n${'\u0007é'.repeat(500)}\r\n`);
  assert.match(message, /^[\x20-\x7e…]{1,200}$/);
});

test('an offer with a data channel alone', () => {
  const channel = { kind: 'application', mid: 'd', protocol: 'UDP/DTLS/SCTP', formats: 'webrtc-datachannel' };
  assertRefused(makeOffer([channel], 'd'), 'noMedia', /no m-line/);
});

test('an offer that only receives, or has its m-line disabled', () => {
  assertRefused(makeOffer([{ ...VP8_SECTION, direction: 'recvonly' }], 'v'), 'noMedia', /no m-line/);
  assertRefused(makeOffer([{ ...VP8_SECTION, port: 0 }], 'v'), 'noMedia', /no m-line/);
});

test('plain RTP is not taken', () => {
  assertRefused(makeOffer([{ ...VP8_SECTION, protocol: 'RTP/AVP' }], 'v'), 'noMedia', /no m-line/);
});

test('no codec in common: what was offered is named', () => {
  const av1 = { ...VP8_SECTION, lines: ['a=rtpmap:96 AV1/90000'] };
  assertRefused(makeOffer([av1], 'v'), 'noCommonCodec', /^line 6: .*offered av1, accepted VP8, H264/);
});

test('no ICE, no fingerprint, no setup, no mux', () => {
  const ice = ['a=ice-ufrag:L+2f', 'a=ice-pwd:oVcqtq3xH2d3p9BIoi4lh0Yx'];
  const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`;
  const withTransport = (...transport: string[]): string => makeOffer([{ ...VP8_SECTION, transport }], 'v');
  assertRefused(withTransport(fingerprint, 'a=setup:actpass'), 'noIce', /ice-ufrag/);
  assertRefused(withTransport(...ice, 'a=setup:actpass'), 'noFingerprint', /fingerprint/);
  assertRefused(withTransport(...ice, fingerprint), 'noSetup', /setup/);
  assertRefused(withTransport(...ice, fingerprint, 'a=setup:holdconn'), 'noSetup', /setup/);
  assertRefused(makeOffer([{ ...VP8_SECTION, mux: false }], 'v'), 'noMux', /rtcp-mux/);
  assert.ok(chooseMedia(parseOffer(withTransport(...ice, fingerprint, 'a=setup:active')), ACCEPTED));
});

test('ICE credentials and fingerprints of another form', () => {
  const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`;
  const pwd = 'a=ice-pwd:oVcqtq3xH2d3p9BIoi4lh0Yx';
  const withTransport = (...transport: string[]): string =>
    makeOffer([{ ...VP8_SECTION, transport: [...transport, 'a=setup:actpass'] }], 'v');
  assertRefused(withTransport('a=ice-ufrag:a b', pwd, fingerprint), 'malformed', /ice-ufrag/);
  assertRefused(withTransport('a=ice-ufrag:abcd', 'a=ice-pwd:short', fingerprint), 'malformed', /ice-pwd/);
  assertRefused(withTransport('a=ice-ufrag:abcd', pwd, 'a=fingerprint:md5 AB:CD'), 'noFingerprint', /SHA-256/);
  assertRefused(withTransport('a=ice-ufrag:abcd', pwd, 'a=fingerprint:sha-256 AB:CD'), 'noFingerprint', /SHA-256/);
});

test('what the session says of ICE and DTLS is good for its m-lines', () => {
  const sessionLevel = makeOffer([{ ...VP8_SECTION, transport: [] }], 'v').replace(
    't=0 0\r\n',
    `t=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:oVcqtq3xH2d3p9BIoi4lh0Yx\r\na=setup:active\r\na=fingerprint:SHA-256  ${Array(32).fill('ab').join(':')}\r\n`,
  );
  assert.deepEqual(chooseMedia(parseOffer(sessionLevel), ACCEPTED).connection, {
    iceUfrag: 'abcd',
    icePwd: 'oVcqtq3xH2d3p9BIoi4lh0Yx',
    setup: 'active',
    fingerprint: `sha-256 ${Array(32).fill('AB').join(':')}`,
  });
});

test('sound and video that are not bundled', () => {
  assertRefused(makeOffer([OPUS_SECTION, VP8_SECTION]), 'notBundled', /^line 5: .*BUNDLE/);
  assertRefused(makeOffer([OPUS_SECTION, VP8_SECTION], 'a'), 'notBundled', /^line 17: .*BUNDLE/);
  assert.ok(chooseMedia(parseOffer(makeOffer([OPUS_SECTION])), ACCEPTED).audio);
});

test('any text: an offer or an SdpError, nothing else', () => {
  const line = fc.constantFrom(
    ...CHROMIUM_OFFER.split('\r\n'),
    'a=fmtp:96',
    'a=rtpmap:',
    'a=ssrc-group:FID 1',
    'a=extmap:x y',
    'a=',
  );
  const shuffled = fc.array(line, { maxLength: 60 }).map((some) => some.join('\r\n'));
  const cut = fc.nat(CHROMIUM_OFFER.length).map((length) => CHROMIUM_OFFER.slice(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.string(), shuffled, cut), (text) => {
      try {
        chooseMedia(parseOffer(text), ACCEPTED);
      } catch (error) {
        assert.ok(error instanceof SdpError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
