/** What passes between the server and a media process. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { PubStreamId, RecordingKey, SubscriptionId } from '@callreel/contract/ids.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';

/** The media process's only argument, as JSON. */
export type MediaProcessSettings = {
  /** UDP; 0 picks a free one. */
  rtcPort: number;
  bindAddress: string;
  /** Announced in place of the machine's own addresses; empty: those. */
  announceAddresses: readonly string[];
  spoolDir: string;
};

/** All of a recording that is known before its tracks are. `paused`: it begins with a pause. */
export type RecordingBegin = Omit<RecordingSpec, 'tracks'> & { paused?: boolean };

export type MediaRequest =
  | {
      kind: 'open';
      publicationId: PubStreamId;
      offer: string;
      /** In order of preference. */
      videoCodecs: VideoCodecName[];
      /** Null: not recorded. */
      recording: RecordingBegin | null;
    }
  /** A new connection of a publication that is lost or about to be; its recording goes on. */
  | { kind: 'resume'; publicationId: PubStreamId; offer: string }
  /** From now on its sound is silence, or no longer. */
  | { kind: 'mute'; publicationId: PubStreamId; muted: boolean }
  /** Of a live publication that is not recorded. */
  | { kind: 'startRecording'; publicationId: PubStreamId; recording: RecordingBegin }
  /** Answered when its files are written; the publication goes on. Where there is none, or it ended by itself, nothing is to be done. */
  | { kind: 'stopRecording'; publicationId: PubStreamId; reason: string }
  /** Its file has a gap from here on, until `resumeRecording`. */
  | { kind: 'pauseRecording'; publicationId: PubStreamId }
  | { kind: 'resumeRecording'; publicationId: PubStreamId }
  /** A caller who is to receive it; ended with it, by `unsubscribe`, or by itself. */
  | { kind: 'subscribe'; publicationId: PubStreamId; subscriptionId: SubscriptionId; offer: string }
  | { kind: 'unsubscribe'; publicationId: PubStreamId; subscriptionId: SubscriptionId }
  /** What is sent of it from now on. */
  | {
      kind: 'changeSubscription';
      publicationId: PubStreamId;
      subscriptionId: SubscriptionId;
      sends: { audio: boolean; video: boolean };
    }
  /** Answered when the recording's files are written. */
  | { kind: 'end'; publicationId: PubStreamId; reason: string }
  | { kind: 'stats' };

export type MediaReply =
  | { kind: 'answered'; answer: string }
  | { kind: 'illegalSdp'; description: string }
  /** To `open`: one more would harm those that are here. */
  | { kind: 'full' }
  /** No such publication here. */
  | { kind: 'unknown' }
  | { kind: 'ended' }
  | { kind: 'muted' }
  /** To `startRecording`, `stopRecording`, `pauseRecording` and `resumeRecording`. */
  | { kind: 'recordingChanged' }
  | { kind: 'unsubscribed' }
  | { kind: 'subscriptionChanged' }
  | { kind: 'stats'; stats: MediaProcessStats };

export type MediaEvent =
  | { kind: 'connected'; publicationId: PubStreamId }
  /** Its connection is gone; the recording stays open for a resume until 'end'. */
  | { kind: 'lost'; publicationId: PubStreamId; why: string }
  /** By the audio levels that its sender says (RFC 6464); never while it is muted. */
  | { kind: 'speaking'; publicationId: PubStreamId; speaks: boolean }
  /** A subscriber's connection is gone, by itself. */
  | { kind: 'subscriptionEnded'; publicationId: PubStreamId; subscriptionId: SubscriptionId; why: string }
  /** Its files are written and its manifest says so; or, with `error`, writing them failed. */
  | { kind: 'recordingEnded'; publicationId: PubStreamId; recordingKey: RecordingKey; error?: string };

export type MediaProcessStats = {
  rtcPort: number;
  /** User and system, since the process began. */
  cpuMs: number;
  residentBytes: number;
  publications: PublicationStats[];
};

export type PublicationStats = {
  publicationId: PubStreamId;
  connection: 'connecting' | 'live' | 'lost';
  sources: SourceStats[];
  /** Packets that are not what was negotiated, and datagrams that are no packets. */
  ignoredPackets: number;
  /** Thrown away unseen: more than any publication needs. */
  shedPackets: number;
  /** The allowance last sent; 0 before the first. */
  allowedBitsPerSecond: number;
  /** It sent more than its picture may have for many seconds, whatever it was told: its file is larger than promised. */
  capIgnored: boolean;
  pictureSize: { width: number; height: number } | undefined;
  keyFrames: number;
  keyFrameRequests: number;
  roundTripMs: number | undefined;
  subscriptions: SubscriptionStats[];
};

/** How one subscriber fares. */
export type SubscriptionStats = {
  subscriptionId: SubscriptionId;
  connection: 'connecting' | 'live' | 'closed';
  /** Sent, those that were sent again aside. */
  packets: number;
  resentPackets: number;
  /** The publisher's stream that its picture is taken from. */
  layerSsrc: number | undefined;
  /** The highest temporal layer that is sent of it. */
  temporalLayer: number | undefined;
  estimatedBitsPerSecond: number;
  /** Not even the smallest layer fits its downlink; it is sent all the same. */
  isTooThin: boolean;
  keyFrameWishes: number;
  /** What it sent as media, which is nobody's. */
  ignoredPackets: number;
  roundTripMs: number | undefined;
};

/** One stream as it came over the network. */
export type SourceStats = {
  track: 'audio' | 'video';
  /** Of a simulcast track the rid, or the SSRC in decimals where there are no rids; empty where the track is one stream. */
  layer: string;
  ssrc: number;
  packets: number;
  payloadBytes: number;
  senderReports: number;
  /** On the way, before retransmissions. */
  lost: number;
  /** Of those, come again after a NACK. */
  recovered: number;
  /** Of those, asked for in vain. */
  unrecovered: number;
};
