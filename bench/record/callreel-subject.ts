import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import {
  type IdSource,
  makeAccessId,
  makeConfrId,
  makeMemberId,
  makePubStreamId,
  makeRecordingKey,
  makeSubscriptionId,
  type PubStreamId,
  type RecordingKey,
  type UserName,
} from '@callreel/contract/ids.ts';
import { createLogger } from '@callreel/server/base/log.ts';
import { nowMs } from '@callreel/server/base/monotonic-clock.ts';
import { MediaProcess } from '@callreel/server/sfu/host.ts';
import type { MediaProcessStats, MediaReply } from '@callreel/server/sfu/protocol.ts';
import type { RecordingSubject } from './recording-subject.ts';

const CLOSE_WITHIN_MS = 10_000;
const ids: IdSource = { nowMs: Date.now, randomBytes: (count) => randomBytes(count) };

type Opened = { publicationId: PubStreamId; recordingKey: RecordingKey };

/** The media process has no room for one more: the service answers 503 then. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
}

const answerOf = (reply: MediaReply): string => {
  if (reply.kind === 'full') throw new NoRoomError('the media process has no room for one more');
  if (reply.kind !== 'answered') throw new Error(`the media process said ${JSON.stringify(reply)} to an offer`);
  return reply.answer;
};

export type CallreelSubject = RecordingSubject & {
  spoolDir: string;
  stats: () => Promise<MediaProcessStats>;
  /** Answers one who is to receive what sender `index` publishes. */
  subscribe: (offer: string, index: number) => Promise<string>;
  /** Ends all that is open, and forgets it. */
  endAll: () => Promise<void>;
};

/** Our media process by itself, as the server forks it. */
export const startCallreel = async (
  address: string,
  videoCodecs: VideoCodecName[] = ['VP8'],
): Promise<CallreelSubject> => {
  const spoolDir = await mkdtemp(join(tmpdir(), 'callreel-bench-'));
  const opened: Opened[] = [];
  const log = createLogger('warn');
  const onEvent = () => undefined;
  const media = new MediaProcess({
    ...{ rtcPort: 0, bindAddress: address, announceAddresses: [], spoolDir, log, onEvent },
    onExit: ({ code, signal }) => {
      if (code !== 0) log.error({ code, signal }, 'the media process exited');
    },
  });
  const confrId = makeConfrId(ids);
  const zero = { conferenceZeroMs: nowMs(), conferenceZeroWallMs: Date.now(), bootId: '' };

  const publish = async (offer: string, index: number): Promise<string> => {
    const memberId = makeMemberId(confrId, index + 1);
    const publicationId = makePubStreamId(ids, 10, memberId);
    const recordingKey = makeRecordingKey(ids);
    const owner = { org: 'acme', app: 'calls', appId: 1, confrId, memberId, userName: `user${index}` as UserName };
    const stream = { accessId: makeAccessId(ids), pubStreamId: publicationId, kind: 'av' as const };
    const recording = { recordingKey, ...owner, ...stream, ...zero };
    const answer = answerOf(await media.request({ kind: 'open', publicationId, offer, videoCodecs, recording }));
    opened.push({ publicationId, recordingKey });
    return answer;
  };

  const subscribe = async (offer: string, index: number): Promise<string> => {
    const publicationId = opened[index]?.publicationId;
    if (publicationId === undefined) throw new TypeError(`index: nobody publishes as ${index}`);
    const subscriptionId = makeSubscriptionId(ids);
    return answerOf(await media.request({ kind: 'subscribe', publicationId, subscriptionId, offer }));
  };

  const finish = async (): Promise<number> => {
    for (const { publicationId } of opened) await media.request({ kind: 'end', publicationId, reason: 'left' });
    const sizes = await Promise.all(opened.map(({ recordingKey }) => stat(join(spoolDir, recordingKey, 'media'))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  };

  const endAll = async (): Promise<void> => {
    for (const { publicationId } of opened.splice(0)) {
      await media.request({ kind: 'end', publicationId, reason: 'left' });
    }
  };

  const stats = async (): Promise<MediaProcessStats> => {
    const reply = await media.request({ kind: 'stats' });
    if (reply.kind !== 'stats') throw new Error(`the media process said ${reply.kind} when asked for its figures`);
    return reply.stats;
  };

  // The process is there once it has answered.
  await stats();
  return {
    pid: media.pid ?? 0,
    spoolDir,
    publish,
    subscribe,
    finish,
    stats,
    endAll,
    close: async () => {
      await media.close(CLOSE_WITHIN_MS);
      await rm(spoolDir, { recursive: true, force: true });
    },
  };
};
