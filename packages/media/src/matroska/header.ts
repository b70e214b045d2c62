/**
 * The first 4 KiB of a recording: EBML header, Segment, SeekHead, Info and Tracks (RFC 9559), every part at a place of its
 * own that never moves. The header is always written whole, in one piece of a page, from the facts known at that moment:
 * first with the first frame, again when a track's first frame comes, and a last time when the file is finished.
 */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { type AudioTrack, audioEntry } from './audio-entry.ts';
import { CODEC_IDS } from './codec-ids.ts';
import {
  concatBytes,
  element,
  encodeId,
  encodeSize,
  floatElement,
  slot,
  stringElement,
  UNKNOWN_SIZE,
  unsignedElement,
} from './ebml.ts';

/** The first cluster starts here. */
export const HEADER_BYTES = 4096;
export const VIDEO_TRACK_NUMBER = 1;

const SEEK_HEAD_SLOT_BYTES = 128;
const DURATION_SLOT_BYTES = 11;
const AUDIO_SLOT_BYTES = 256;
const VIDEO_SLOT_BYTES = 3072;
const DOC_TYPE_BYTES = 8;
const SEGMENT_SIZE_BYTES = 8;

/** The longest that the video track's slot has room for; a camera's avcC is about 40 bytes, an hvcC about 100. */
export const MAX_CODEC_PRIVATE_BYTES = 2800;

export type DocType = 'webm' | 'matroska';
export type VideoTrack = {
  codec: VideoCodecName;
  width: number;
  height: number;
  /** H264: the avcC, H265: the hvcC, AV1: the av1C. VP8 and VP9 have none. */
  codecPrivate: Uint8Array | undefined;
};

export type HeaderFacts = {
  docType: DocType;
  /** Absent until its first frame comes; one that never comes stays a Void. */
  audio: AudioTrack | undefined;
  video: VideoTrack | undefined;
  /** Present when nothing more will be added to the file. */
  finished: { durationMs: number; cuesOffset: number; sizeBytes: number } | undefined;
};

const ebmlHeader = (docType: DocType): Uint8Array =>
  element(
    0x1a45dfa3,
    unsignedElement(0x4286, 1), // EBMLVersion
    unsignedElement(0x42f7, 1), // EBMLReadVersion
    unsignedElement(0x42f2, 4), // EBMLMaxIDLength
    unsignedElement(0x42f3, 8), // EBMLMaxSizeLength
    stringElement(0x4282, docType, DOC_TYPE_BYTES),
    unsignedElement(0x4287, 4), // DocTypeVersion: CodecDelay and SeekPreRoll came with 4
    unsignedElement(0x4285, 2), // DocTypeReadVersion: SimpleBlock came with 2
  );

/** Positions inside the Segment count from here. */
export const SEGMENT_DATA_OFFSET = ebmlHeader('webm').length + 4 + SEGMENT_SIZE_BYTES;

const seekEntry = (id: number, position: number): Uint8Array =>
  element(0x4dbb, element(0x53ab, encodeId(id)), unsignedElement(0x53ac, position, 8));

const INFO_ID = 0x1549a966;
const TRACKS_ID = 0x1654ae6b;
const CUES_ID = 0x1c53bb6b;

const info = (durationMs: number | undefined): Uint8Array =>
  element(
    INFO_ID,
    unsignedElement(0x2ad7b1, 1_000_000), // TimestampScale: times in milliseconds
    stringElement(0x4d80, 'callreel'),
    stringElement(0x5741, 'callreel'),
    slot(DURATION_SLOT_BYTES, ...(durationMs === undefined ? [] : [floatElement(0x4489, durationMs)])),
  );

const videoEntry = (track: VideoTrack): Uint8Array =>
  element(
    0xae,
    unsignedElement(0xd7, VIDEO_TRACK_NUMBER),
    unsignedElement(0x73c5, VIDEO_TRACK_NUMBER),
    unsignedElement(0x83, 1),
    unsignedElement(0x9c, 0),
    stringElement(0x22b59c, 'und'),
    stringElement(0x86, CODEC_IDS[track.codec]),
    ...(track.codecPrivate ? [element(0x63a2, track.codecPrivate)] : []),
    element(0xe0, unsignedElement(0xb0, track.width), unsignedElement(0xba, track.height)),
  );

const tracks = (facts: HeaderFacts): Uint8Array =>
  element(
    TRACKS_ID,
    slot(VIDEO_SLOT_BYTES, ...(facts.video ? [videoEntry(facts.video)] : [])),
    slot(AUDIO_SLOT_BYTES, ...(facts.audio ? [audioEntry(facts.audio)] : [])),
  );

const INFO_POSITION = SEEK_HEAD_SLOT_BYTES;
const TRACKS_POSITION = INFO_POSITION + info(undefined).length;

const seekHead = (cuesOffset: number): Uint8Array =>
  element(
    0x114d9b74,
    seekEntry(INFO_ID, INFO_POSITION),
    seekEntry(TRACKS_ID, TRACKS_POSITION),
    seekEntry(CUES_ID, cuesOffset - SEGMENT_DATA_OFFSET),
  );

/** The header for these facts, `HEADER_BYTES` long. */
export const renderHeader = (facts: HeaderFacts): Uint8Array => {
  const { finished } = facts;
  const segmentSize = finished
    ? encodeSize(finished.sizeBytes - SEGMENT_DATA_OFFSET, SEGMENT_SIZE_BYTES)
    : UNKNOWN_SIZE;
  const contents = concatBytes([
    slot(SEEK_HEAD_SLOT_BYTES, ...(finished ? [seekHead(finished.cuesOffset)] : [])),
    info(finished?.durationMs),
    tracks(facts),
  ]);
  return concatBytes([
    ebmlHeader(facts.docType),
    encodeId(0x18538067),
    segmentSize,
    slot(HEADER_BYTES - SEGMENT_DATA_OFFSET, contents),
  ]);
};
