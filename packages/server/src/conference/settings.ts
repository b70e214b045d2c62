/** Reads what a client asked of a new conference (the vendor's fields) into settings with defaults. */
import {
  CONFERENCE_TYPE_CODES,
  type ConferenceType,
  type CreateConferenceBody,
  type GroupConferenceType,
  ROLE_CODES,
  type Role,
  VIDEO_CODEC_NAMES,
  type VideoCodecName,
} from '@callreel/contract/conference.ts';
import type { ConferenceSettings } from './live-conference.ts';

/** The vendor's own defaults (its conference documents and the sample answer: 600 listeners, 9 talkers). */
const DEFAULT_DELAY_MS = 120_000;
const DEFAULT_MAX_TALKERS = 9;
const DEFAULT_MAX_AUDIENCE = 600;
/** Camera and screen of every talker. */
const DEFAULT_MAX_VIDEOS = 18;

const keyOf = <Key extends string>(table: Record<Key, number>, code: number, fallback: Key): Key => {
  const found = (Object.keys(table) as Key[]).find((key) => table[key] === code);
  return found ?? fallback;
};

export const readConferenceType = (body: CreateConferenceBody): ConferenceType =>
  keyOf<GroupConferenceType>(CONFERENCE_TYPE_CODES, body.confrType ?? 10, 'COMMUNICATION');

const readCodecs = (body: CreateConferenceBody): VideoCodecName[] => {
  if (body.supportWechatMiniProgram) return ['H264', 'VP8'];
  return body.useVCodes ? [...new Set(body.useVCodes)] : [...VIDEO_CODEC_NAMES];
};

export const readConferenceSettings = (body: CreateConferenceBody): ConferenceSettings => ({
  confrDelayMs: body.confrDelayMillis ?? DEFAULT_DELAY_MS,
  defaultRole: keyOf<Role>(ROLE_CODES, body.memDefaultRole ?? ROLE_CODES.talker, 'talker'),
  allowAudienceTalk: body.allowAudienceTalk ?? true,
  videoCodecs: readCodecs(body),
  maxTalkers: body.maxTalkerCount ?? DEFAULT_MAX_TALKERS,
  maxVideos: body.maxVideoCount ?? DEFAULT_MAX_VIDEOS,
  maxAudience: body.maxAudienceCount ?? DEFAULT_MAX_AUDIENCE,
});
