import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { SOUND_PACKET_MS } from '../prepare/encode-sound.ts';
import type { PreparedFrame } from '../prepare/encode-video.ts';
import type { PreparedMedia } from '../prepare/prepare-media.ts';

/** A thing to send, `dueMs` after media time 0. */
export type Piece =
  | { kind: 'video'; dueMs: number; mediaMs: number; codec: VideoCodecName; frame: PreparedFrame }
  | { kind: 'audio'; dueMs: number; mediaMs: number; packet: Uint8Array };

type VideoPiece = Extract<Piece, { kind: 'video' }>;

const videoPieces = ({ video }: PreparedMedia): VideoPiece[] => {
  if (!video) return [];
  const { codec, frames } = video;
  return frames.map((frame) => ({ kind: 'video', dueMs: frame.mediaMs, mediaMs: frame.mediaMs, codec, frame }));
};

/** A packet of sound can go only when its last sample was heard, though its timestamp is that of its first. */
const audioPieces = (media: PreparedMedia): Piece[] =>
  (media.audio?.packets ?? []).map((packet, index) => {
    const mediaMs = index * SOUND_PACKET_MS;
    return { kind: 'audio', dueMs: mediaMs + SOUND_PACKET_MS, mediaMs, packet };
  });

/** All pieces from media time `fromMs` on, by the time they are due. Pictures begin with a key frame. */
export const schedule = (media: PreparedMedia, fromMs: number): Piece[] => {
  const video = videoPieces(media).filter((piece) => piece.mediaMs >= fromMs);
  const firstKeyFrame = video.findIndex(({ frame }) => frame.keyFrame);
  const audio = audioPieces(media).filter((piece) => piece.mediaMs >= fromMs);
  return [...video.slice(Math.max(0, firstKeyFrame)), ...audio].sort((a, b) => a.dueMs - b.dueMs);
};
