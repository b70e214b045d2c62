/** Whatever a caller may write into a path, a query or a header. */
import { strict as assert } from 'node:assert';
import { formatEventCursor, parseEventCursor } from '@callreel/contract/events.ts';
import {
  parseAccessId,
  parseAppName,
  parseConfrId,
  parseMemberId,
  parseOrgName,
  parsePubStreamId,
  parseRecordingKey,
  parseUserName,
} from '@callreel/contract/ids.ts';
import { isObjectKey } from '@callreel/server/storage/object-store.ts';
import type { AppRecord } from '@callreel/server/store/rows.ts';
import { readConferenceQuery } from '@callreel/server/web/conference-query.ts';
import { WebError } from '@callreel/server/web/errors.ts';
import { readClientMessage } from '@callreel/server/web/events/client-messages.ts';
import { Links, readLinkProof } from '@callreel/server/web/links.ts';
import { readUserName } from '@callreel/server/web/names.ts';
import { isNotModified, mayAnswerPart } from '@callreel/server/web/preconditions.ts';
import { readRange } from '@callreel/server/web/ranges.ts';
import { addressKey } from '@callreel/server/web/rates/address-key.ts';
import { readRecordingQuery } from '@callreel/server/web/recording-query.ts';
import { readSpan } from '@callreel/server/web/span.ts';
import { DisplayTime } from '@callreel/server/web/times.ts';
import { Tokens } from '@callreel/server/web/tokens.ts';
import fc from 'fast-check';
import { textLike } from '../mutated.ts';
import { type FuzzTarget, target, unlessRefused } from '../target.ts';

const IDS = [
  'IM_X364829548358926336C16M21',
  'IM_X364829548358926336C16',
  'HI365195406759428096',
  'rtc-10-xbd__Of_C16M21',
  '20190221175604-0a1b2c3d4e5f',
];
const NAMES = ['user1', 'acme#meet_user1', 'a.b-c_d', '..', '../../etc/passwd', 'acme'];
const TIMES = [
  '20190221175604',
  '20200229235959',
  '00010101000000',
  '99991231235959',
  '20261101013000',
  '20191301000000',
];
const NUMBERS = ['0', '1', '100', '101', '9007199254740991', '-1', '1.5', '1e3', '0x10', '１００'];
const RANGES = ['bytes=0-0', 'bytes=-5', 'bytes=5-', 'bytes=0-1,4-5', 'bytes=9-2'];
const KEYS = ['acme/meet/20190221/20190221175604-0a1b2c3d4e5f.webm', '../x', 'a//b', 'a/./b'];
const CURSORS = ['1550743009000-12', '1550743009000-IM_X364829548358926336C16'];
const TAGS = ['"20190221175604-0a1b2c3d4e5f-a"', 'W/"x"', '*', 'Thu, 01 Jan 2015 00:00:00 GMT'];
const ADDRESSES = ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', 'fe80::1%eth0', '1:2:3:4:5:6:7:8', '::'];

const app = { id: 1, org: 'acme', name: 'meet' } as AppRecord;
const zones = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'UTC'].map((zone) => new DisplayTime(zone));
const zone = fc.constantFrom(...zones);

const ID_PARSERS = [parseConfrId, parseMemberId, parseAccessId, parsePubStreamId, parseRecordingKey];
const NAME_PARSERS = [parseOrgName, parseAppName, parseUserName];
const SAFE = /^[A-Za-z0-9._-]{1,64}$/;

const checkNames = (text: string): void => {
  for (const parse of ID_PARSERS) assert.ok([text, undefined].includes(parse(text)));
  const names = [
    ...NAME_PARSERS.map((parse) => parse(text)),
    readUserName(app, text),
    ...ID_PARSERS.map((parse) => parse(text)),
  ];
  for (const name of names) assert.ok(name === undefined || (SAFE.test(name) && name !== '.' && name !== '..'));
};

const checkTime = ([time, text]: [DisplayTime, string]): void => {
  const read = time.parse(text);
  if (read === undefined) return;
  assert.ok(/^\d{14}$/.test(text));
  assert.ok(read.earliest <= read.latest && !Number.isNaN(read.latest.getTime()));
};

const spans = fc.record({
  beginTime: textLike(TIMES),
  endTime: textLike(TIMES),
  startId: textLike(NUMBERS),
  length: textLike(NUMBERS),
});

const checkSpan = ([time, params]: [DisplayTime, Omit<Parameters<typeof readSpan>[0], 'org' | 'app'>]): void => {
  const span = unlessRefused(WebError, () => readSpan({ org: '', app: '', ...params }, time));
  if (span === undefined) return;
  assert.ok(span.begin <= span.end && span.length >= 1 && span.length <= 100);
  assert.ok(Number.isSafeInteger(span.startId) && span.startId >= 0);
};

const queries = fc.record(
  {
    confrId: textLike(IDS),
    userName: textLike(NAMES),
    beginTime: textLike(TIMES),
    endTime: textLike(TIMES),
    limit: textLike(NUMBERS),
    cursor: textLike(CURSORS),
  },
  { requiredKeys: [] },
);

const checkQuery = ([time, query]: [DisplayTime, Parameters<typeof readRecordingQuery>[0]]): void => {
  const recordings = unlessRefused(WebError, () => readRecordingQuery(query, app, time));
  if (recordings?.kind === 'search') assert.ok(recordings.limit >= 1 && recordings.limit <= 100);
  const conferences = unlessRefused(WebError, () => readConferenceQuery(query, time));
  if (conferences !== undefined) assert.ok(conferences.limit >= 1 && conferences.limit <= 100);
};

const checkRange = ([header, sizeBytes]: [string, number]): void => {
  const read = readRange(header, sizeBytes);
  if (read.kind === 'part') assert.ok(read.range.start <= read.range.end && read.range.end < sizeBytes);
};

/** Signed with a key that the caller does not have: nothing that he makes up opens anything. */
const key = { id: 'aa11', key: new Uint8Array(32).fill(7) };
const links = new Links({
  keys: { current: async () => key, find: async (id) => (id === key.id ? key : undefined) },
  baseUrl: () => 'https://calls.example',
  nowMs: () => 0,
});
const proofs = fc.record(
  { Expires: textLike(NUMBERS), KeyId: textLike(['aa11']), Signature: textLike(['A'.repeat(43)]) },
  { requiredKeys: [] },
);

const checkLink = async ([objectKey, query]: [string, unknown]): Promise<void> => {
  readLinkProof(query);
  assert.ok(['unsigned', 'forged'].includes(await links.verify(objectKey, query)));
  if (isObjectKey(objectKey)) assert.ok(objectKey.split('/').every((part) => part !== '..' && part !== ''));
};

const tokens = new Tokens({
  store: {
    tokens: { find: async () => undefined } as unknown as ConstructorParameters<typeof Tokens>[0]['store']['tokens'],
  },
  nowMs: () => 0,
});

const checkToken = async (text: string): Promise<void> => {
  assert.deepEqual(await tokens.verify(text), { kind: 'badToken' });
};

const validators = { etag: '"20190221175604-0a1b2c3d4e5f-a"', modifiedMs: 1.5e12 };
const headers = fc.record(
  { 'if-none-match': textLike(TAGS), 'if-modified-since': textLike(TAGS), 'if-range': textLike(TAGS) },
  { requiredKeys: [] },
);

const checkHeaders = (given: Record<string, string>): void => {
  assert.equal(typeof isNotModified(given, validators), 'boolean');
  assert.equal(typeof mayAnswerPart(given, validators), 'boolean');
};

const checkAddress = (text: string): void => {
  assert.ok(addressKey(text).length <= Math.max(24, text.length));
};

const MESSAGES = [
  '{"kind":"mute","id":"7","pubStreamId":"rtc-10-xbd__Of_C16M21","audioOff":true}',
  '{"kind":"leave"}',
  '{"kind":"ping","id":"x"}',
];

const checkMessage = (text: string): void => {
  const message = readClientMessage(text);
  if (message === undefined) return;
  assert.ok(['mute', 'leave', 'ping'].includes(message.kind) && (message.id ?? '').length <= 64);
};

const checkCursor = (text: string): void => {
  const cursor = parseEventCursor(text);
  if (cursor === undefined) return;
  assert.ok(Number.isSafeInteger(cursor.seq) && cursor.seq >= 0);
  assert.deepEqual(parseEventCursor(formatEventCursor(cursor)), cursor);
};

export const WEB_TARGETS: FuzzTarget[] = [
  target('web: names and ids', textLike([...IDS, ...NAMES]), checkNames),
  target('web: a time', fc.tuple(zone, textLike(TIMES)), checkTime),
  target('web: a span and page', fc.tuple(zone, spans), checkSpan),
  target(
    'web: a search',
    fc.tuple(zone, queries as fc.Arbitrary<Parameters<typeof readRecordingQuery>[0]>),
    checkQuery,
  ),
  target('web: a range', fc.tuple(textLike(RANGES), fc.nat({ max: 5000 })), checkRange),
  target('web: a link', fc.tuple(textLike(KEYS), fc.oneof(proofs, fc.anything())), checkLink),
  target('web: a token', textLike([`YWMt${'a'.repeat(43)}`]), checkToken),
  target('web: conditions', headers, checkHeaders),
  target('web: a message over a socket', textLike(MESSAGES), checkMessage),
  target('web: where events go on', textLike(['q2Wd0JkX1bNa.118', 'a-_.0']), checkCursor),
  target('web: an address', textLike(ADDRESSES), checkAddress),
];
