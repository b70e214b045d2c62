/**
 * The identifiers that appear on the wire, as branded strings: one parser and, where the service issues them, one maker each.
 * The forms are those of the vendor's service (`IM_X364829548358926336C16M21`), which existing clients store and compare.
 */

type Brand<Name extends string> = string & { readonly __brand: Name };

export type OrgName = Brand<'OrgName'>;
export type AppName = Brand<'AppName'>;
/** A user of an app, folded to lower case. */
export type UserName = Brand<'UserName'>;
/** A conference: `IM_X` + 18 or 19 digits + `C` + digits. */
export type ConfrId = Brand<'ConfrId'>;
/** A user's stay in a conference: the conference's id + `M` + digits. */
export type MemberId = Brand<'MemberId'>;
/** A member's connection: `HI` + digits. */
export type AccessId = Brand<'AccessId'>;
/** A published stream: `rtc-<conference type>-<7 characters>_C<n>M<n>`. */
export type PubStreamId = Brand<'PubStreamId'>;
/** What a member receives of a publication: `sub-<22 characters>`. */
export type SubscriptionId = Brand<'SubscriptionId'>;
/** The name of one recording's folder and file, unique on the service: `20190221175604-0a1b2c3d4e5f`. */
export type RecordingKey = Brand<'RecordingKey'>;

/** Names that our own paths use, and that no org may take. */
export const RESERVED_ORG_NAMES: ReadonlySet<string> = new Set([
  'v1',
  'files',
  'docs',
  'metrics',
  'healthz',
  'readyz',
  'openapi.json',
  'assets',
  'console',
  'rtc',
]);

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const isDots = (text: string): boolean => text === '.' || text === '..';

export const parseOrgName = (text: string): OrgName | undefined =>
  NAME.test(text) && !isDots(text) && !RESERVED_ORG_NAMES.has(text.toLowerCase()) ? (text as OrgName) : undefined;

export const parseAppName = (text: string): AppName | undefined =>
  NAME.test(text) && !isDots(text) ? (text as AppName) : undefined;

/** Takes `user1`; folds to lower case. */
export const parseUserName = (text: string): UserName | undefined =>
  NAME.test(text) && !isDots(text) ? (text.toLowerCase() as UserName) : undefined;

/** Whether this org and app are a pair that our own paths use (the vendor SDK calls `/easemob/rtc/...`). */
export const isReservedApp = (org: string, app: string): boolean =>
  org.toLowerCase() === 'easemob' && app.toLowerCase() === 'rtc';

const parser =
  <Id extends string>(form: RegExp) =>
  (text: string): Id | undefined =>
    form.test(text) ? (text as Id) : undefined;

export const parseConfrId = parser<ConfrId>(/^IM_X\d{1,20}C\d{1,10}$/);
export const parseMemberId = parser<MemberId>(/^IM_X\d{1,20}C\d{1,10}M\d{1,10}$/);
export const parseAccessId = parser<AccessId>(/^HI\d{1,20}$/);
export const parsePubStreamId = parser<PubStreamId>(/^rtc-\d{2}-[A-Za-z0-9_]{7}_C\d{1,10}M\d{1,10}$/);
export const parseSubscriptionId = parser<SubscriptionId>(/^sub-[A-Za-z0-9_]{22}$/);
export const parseRecordingKey = parser<RecordingKey>(/^\d{14}-[0-9a-f]{12}$/);

/** Where ids take their time and chance from. */
export type IdSource = {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** `count` random bytes. */
  randomBytes(count: number): Uint8Array;
};

/** 2016-01-01, so that ids made now sort after the vendor's of 2019. */
const SNOWFLAKE_EPOCH_MS = 1451606400000;
const SNOWFLAKE_RANDOM_BITS = 22n;

const randomBelow = (source: IdSource, bits: number): number =>
  source.randomBytes(4).reduce((sum, byte) => sum * 256 + byte, 0) % 2 ** bits;

/** Time in the high bits and chance in the low 22: unique enough that a unique index has never to refuse one. */
const snowflake = (source: IdSource): string => {
  const time = BigInt(source.nowMs() - SNOWFLAKE_EPOCH_MS) << SNOWFLAKE_RANDOM_BITS;
  return String(time | BigInt(randomBelow(source, Number(SNOWFLAKE_RANDOM_BITS))));
};

export const makeConfrId = (source: IdSource): ConfrId =>
  `IM_X${snowflake(source)}C${randomBelow(source, 16)}` as ConfrId;

/** `ordinal` counts the members of the conference from 1. */
export const makeMemberId = (conference: ConfrId, ordinal: number): MemberId => `${conference}M${ordinal}` as MemberId;

export const makeAccessId = (source: IdSource): AccessId => `HI${snowflake(source)}` as AccessId;

const STREAM_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_';

const chanceText = (source: IdSource, length: number): string =>
  Array.from(source.randomBytes(length), (byte) => STREAM_ALPHABET[byte % STREAM_ALPHABET.length]).join('');

export const makePubStreamId = (source: IdSource, confrTypeCode: number, member: MemberId): PubStreamId => {
  const chance = chanceText(source, 7);
  return `rtc-${confrTypeCode}-${chance}_${member.slice(member.lastIndexOf('C'))}` as PubStreamId;
};

export const makeSubscriptionId = (source: IdSource): SubscriptionId =>
  `sub-${chanceText(source, 22)}` as SubscriptionId;

/** UTC time and 48 random bits. */
export const makeRecordingKey = (source: IdSource): RecordingKey => {
  const time = new Date(source.nowMs()).toISOString().replace(/\D/g, '').slice(0, 14);
  const chance = Array.from(source.randomBytes(6), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${time}-${chance}` as RecordingKey;
};
