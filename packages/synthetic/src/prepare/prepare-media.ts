import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import { encodeG711 } from './encode-g711.ts';
import { encodeSound, type OpusPlan, SOUND_PACKET_MS } from './encode-sound.ts';
import { encodeVideo, type PreparedFrame } from './encode-video.ts';

/** What a synthetic caller is to publish. */
export type MediaPlan = {
  durationMs: number;
  /** null: sound alone. */
  videoCodec: VideoCodecName | null;
  audio: boolean;
  /** Opus unless said otherwise. */
  audioCodec?: AudioCodecName;
  opus?: OpusPlan;
  /** Of the background; with `beepHz`, what tells this caller from others in a merged file. */
  hueDegrees: number;
  toneHz: number;
  beepHz: number;
  /** Even; 640x360 unless said otherwise. */
  width?: number;
  height?: number;
  /** A whole number; 25 unless said otherwise. */
  framesPerSecond?: number;
  /**
   * 1000 unless said otherwise. Media are encoded up front, so a request for a key frame is not answered by one made for it but by
   * the next one planned: within this time.
   */
  keyFrameIntervalMs?: number;
  /** 600,000 unless said otherwise; plain pictures need less. */
  videoBitsPerSecond?: number;
  /** Moving noise in a part of the picture, so that frames take several packets; false unless said otherwise. */
  textured?: boolean;
};

export type PreparedVideo = {
  codec: VideoCodecName;
  width: number;
  height: number;
  framesPerSecond: number;
  frames: PreparedFrame[];
};

/** Everything that a caller will send, encoded. */
export type PreparedMedia = {
  durationMs: number;
  video?: PreparedVideo;
  /** Packets of Opus and 20 ms unless told. */
  audio?: { packets: Uint8Array[]; codec?: AudioCodecName; packetMs?: number };
};

/** Encoding happens in this process: other callers get their turn after so many pieces. */
const PIECES_A_TURN = 10;

const collect = async <Piece>(pieces: Iterable<Piece>): Promise<Piece[]> => {
  const collected: Piece[] = [];
  for (const piece of pieces) {
    collected.push(piece);
    if (collected.length % PIECES_A_TURN === 0) await nextTurn();
  }
  return collected;
};

const prepareVideo = async (plan: MediaPlan, codec: VideoCodecName): Promise<PreparedVideo> => {
  const { width = 640, height = 360, framesPerSecond = 25 } = plan;
  if (!Number.isInteger(framesPerSecond)) throw new TypeError('framesPerSecond must be a whole number');
  const picture = { codec, width, height, framesPerSecond };
  const frames = encodeVideo(
    {
      ...picture,
      bitsPerSecond: plan.videoBitsPerSecond ?? 600_000,
      keyFrameIntervalMs: plan.keyFrameIntervalMs ?? 1000,
      hueDegrees: plan.hueDegrees,
      textured: plan.textured ?? false,
    },
    Array(Math.ceil((plan.durationMs * framesPerSecond) / 1000)).keys(),
  );
  return { ...picture, frames: await collect(frames) };
};

/** Draws, sounds and encodes everything at once, up front: while callers talk, nothing but sending is left to do. */
export const prepareMedia = async (plan: MediaPlan): Promise<PreparedMedia> => {
  const media: PreparedMedia = { durationMs: plan.durationMs };
  if (plan.videoCodec) media.video = await prepareVideo(plan, plan.videoCodec);
  if (plan.audio) {
    const packetMs = plan.opus?.packetMs ?? SOUND_PACKET_MS;
    const codec = plan.audioCodec ?? 'opus';
    const sound =
      codec === 'opus' ? encodeSound(plan, plan.durationMs, plan.opus) : encodeG711(plan, codec, plan.durationMs);
    media.audio = { codec, packetMs, packets: await collect(sound) };
  }
  return media;
};
