/** Offers, fragments and the library's own descriptions. */
import { strict as assert } from 'node:assert';
import { AUDIO_CODEC_NAMES, VIDEO_CODEC_NAMES } from '@callreel/contract/conference.ts';
import { buildAnswer } from '@callreel/media/sdp/answer.ts';
import { chooseMedia } from '@callreel/media/sdp/choose-media.ts';
import { type LocalConnection, readLocalConnection } from '@callreel/media/sdp/local-connection.ts';
import { buildMiniOffer } from '@callreel/media/sdp/mini-offer.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import {
  CHROMIUM_OFFER,
  EVERY_CODEC_SECTION,
  GATEWAY_SECTION,
  makeOffer,
  OPUS_SECTION,
  VP8_SECTION,
} from '@callreel/media/sdp/offers-fixture.ts';
import { SdpError } from '@callreel/media/sdp/sdp-error.ts';
import { parseSessionDescription } from '@callreel/media/sdp/session-description.ts';
import { WebError } from '@callreel/server/web/errors.ts';
import { assertSession, readSdpFragment } from '@callreel/server/web/trickle.ts';
import fc from 'fast-check';
import { textLike } from '../mutated.ts';
import { type FuzzTarget, target, unlessRefused } from '../target.ts';

const OFFERS = [
  CHROMIUM_OFFER,
  makeOffer([OPUS_SECTION, VP8_SECTION], 'a v'),
  makeOffer([VP8_SECTION], 'v'),
  makeOffer([OPUS_SECTION]),
  makeOffer([EVERY_CODEC_SECTION]),
  makeOffer([GATEWAY_SECTION]),
];
const FRAGMENTS = [
  'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 2122063615 192.0.2.2 40897 typ host\r\na=end-of-candidates\r\n',
];
const TAGS = ['"abcdefghijklmnopqrstuv"', '*', '"*"', 'W/"a", "b"'];

const OURS: LocalConnection = {
  iceUfrag: 'ours',
  icePwd: 'oursoursoursoursoursours',
  fingerprint: `sha-256 ${Array(32).fill('CD').join(':')}`,
  setup: 'passive',
  candidates: ['1 1 UDP 2114977791 192.0.2.2 8081 typ host'],
};
/** Each line of an offer gives at most a few of an answer, and each m-line our transport's. */
const ANSWER_CHARACTERS = 1500;
const LINE_OF_OURS = /^[a-z]=[\x20-\x7e]+$/;

const checkAnswer = (text: string): void => {
  const offer = parseOffer(text);
  const choice = chooseMedia(offer, { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: VIDEO_CODEC_NAMES });
  const answer = buildAnswer({ offer, choice, local: OURS, sessionId: '1', startBitrateKbps: 1500 });
  for (const line of answer.trimEnd().split('\r\n')) assert.match(line, LINE_OF_OURS);
  assert.ok(answer.length <= ANSWER_CHARACTERS * (1 + offer.sections.length));
  assert.equal(parseSessionDescription(answer).sections.length, offer.sections.length);
  assert.deepEqual(
    answer.match(/(?<=^a=candidate:).*$/gm)?.map((line) => line.trim()),
    OURS.candidates,
  );
  const mini = buildMiniOffer(choice.connection);
  assert.equal(mini.match(/^m=/gm)?.length, 1);
  assert.doesNotMatch(mini, /candidate/);
};

const checkFragment = ([text, tag]: [string, string]): void => {
  unlessRefused(WebError, () => readSdpFragment(text));
  unlessRefused(WebError, () => assertSession(tag, '"abcdefghijklmnopqrstuv"'));
};

const checkDescription = (text: string): void => {
  const local = unlessRefused(SdpError, () => unlessMissing(() => readLocalConnection(text)));
  if (local !== undefined) assert.ok(local.candidates.length <= text.length / 12);
};

/** A description of the library's without one of its lines is a fault of ours: a TypeError. */
const unlessMissing = <Result>(work: () => Result): Result | undefined => {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('readLocalConnection')) return undefined;
    throw error;
  }
};

export const SDP_TARGETS: FuzzTarget[] = [
  target('sdp: an offer and our answer', textLike(OFFERS, 2000), (text) =>
    unlessRefused(SdpError, () => checkAnswer(text)),
  ),
  target('sdp: a fragment of trickle ICE', fc.tuple(textLike(FRAGMENTS), textLike(TAGS)), checkFragment),
  target("sdp: the library's description", textLike([...OFFERS]), checkDescription),
];
