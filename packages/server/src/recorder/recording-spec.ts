import type { AudioCodecName, PublicationKind, VideoCodecName } from '@callreel/contract/conference.ts';
import type { AccessId, ConfrId, MemberId, PubStreamId, RecordingKey, UserName } from '@callreel/contract/ids.ts';

/** Whose recording it is and what it may hold: all that must be known before its first packet. Kept in the manifest. */
export type RecordingSpec = {
  recordingKey: RecordingKey;
  org: string;
  app: string;
  appId: number;
  confrId: ConfrId;
  memberId: MemberId;
  userName: UserName;
  accessId: AccessId;
  pubStreamId: PubStreamId;
  kind: PublicationKind;
  /** Monotonic time that is conference time 0: the first join. */
  conferenceZeroMs: number;
  /** The same moment, milliseconds since 1970. */
  conferenceZeroWallMs: number;
  /** `/proc/sys/kernel/random/boot_id`: on another boot the monotonic clock is another. Empty where there is none. */
  bootId: string;
  tracks: { audio?: { codec: AudioCodecName; channels: 1 | 2 }; video?: { codec: VideoCodecName } };
};

export type TrackKind = keyof RecordingSpec['tracks'];
