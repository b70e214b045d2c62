import type { JoinView } from '@callreel/contract/conference.ts';
import { SyntheticCaller } from '@callreel/synthetic/caller.ts';
import { type CallerLook, callerLook } from '@callreel/synthetic/prepare/caller-look.ts';
import { type MediaPlan, type PreparedMedia, prepareMedia } from '@callreel/synthetic/prepare/prepare-media.ts';

/** How long the call is. */
export const CALL_MS = 10_000;
/** The screen is shared from here on, for so long: the merged picture changes its layout twice. */
const SCREEN_FROM_MS = 2000;
const SCREEN_MS = 6000;

/** One stream that is published in the demo. */
export type Stream = {
  name: 'alice' | 'bob' | 'screen';
  userName: 'alice' | 'bob';
  kind: 'av' | 'desktop';
  afterMs: number;
  plan: MediaPlan;
  look: CallerLook;
};

const camera = (name: 'alice' | 'bob', index: number, videoCodec: 'VP8' | 'H264'): Stream => {
  const look = callerLook(index);
  const plan: MediaPlan = { durationMs: CALL_MS, videoCodec, audio: true, textured: true, ...look };
  return { name, userName: name, kind: 'av', afterMs: 0, plan, look };
};

const screen = (userName: 'alice', index: number): Stream => {
  const look = callerLook(index);
  const size = { width: 1280, height: 720, framesPerSecond: 10, videoBitsPerSecond: 1_000_000 };
  const plan: MediaPlan = { durationMs: SCREEN_MS, videoCodec: 'H264', audio: false, textured: true, ...size, ...look };
  return { name: 'screen', userName, kind: 'desktop', afterMs: SCREEN_FROM_MS, plan, look };
};

/** Two people with camera and microphone, each with another codec, and the screen of one of them. */
export const STREAMS: readonly Stream[] = [camera('alice', 0, 'VP8'), camera('bob', 2, 'H264'), screen('alice', 4)];

/** The media of every stream, encoded; in the order of STREAMS. */
export const prepareAll = (): Promise<PreparedMedia[]> => Promise.all(STREAMS.map(({ plan }) => prepareMedia(plan)));

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const publish = async (stream: Stream, media: PreparedMedia, member: JoinView): Promise<void> => {
  await delay(stream.afterMs);
  const whipUrl = stream.kind === 'desktop' ? `${member.whip}?type=desktop` : member.whip;
  const caller = await SyntheticCaller.publish({ whipUrl, token: member.token, media });
  await caller.waitUntilSent();
  await caller.stop();
};

/** Publishes everything at its time and ends each publication by WHIP DELETE. */
export const holdCall = async (
  media: readonly PreparedMedia[],
  members: Readonly<Record<Stream['userName'], JoinView>>,
  onProgress: (elapsedMs: number) => void,
): Promise<void> => {
  const startedAtMs = performance.now();
  const timer = setInterval(() => onProgress(performance.now() - startedAtMs), 1000);
  const publications = STREAMS.map(async (stream, index) => {
    const prepared = media[index];
    if (prepared) await publish(stream, prepared, members[stream.userName]);
  });
  await Promise.all(publications).finally(() => clearInterval(timer));
};
