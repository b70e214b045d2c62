/** A synthetic caller over a path that loses and delays, received and recorded by the media process's own code in this process. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { PubStreamId } from '@callreel/contract/ids.ts';
import { nowMs } from '@callreel/server/base/monotonic-clock.ts';
import { finishRecording } from '@callreel/server/recorder/finish.ts';
import { PublicationRecorder } from '@callreel/server/recorder/publication-recorder.ts';
import { specOf } from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { MediaService } from '@callreel/server/sfu/media-service.ts';
import type { SourceStats } from '@callreel/server/sfu/protocol.ts';
import { SyntheticCaller } from '@callreel/synthetic/caller.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import type { PreparedMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import type { LossyPath } from '@callreel/synthetic/send/lossy-relay.ts';
import type { SentLog } from '@callreel/synthetic/send/sent-log.ts';
import { ALICE } from '../support/recorded-call.ts';

export type LossyCall = { facts: FileFacts; sent: SentLog; sources: SourceStats[] };

const PUBLICATION = 'rtc-10-abcdefg_C1M1' as PubStreamId;

const startService = (spoolDir: string, spec: ReturnType<typeof specOf>): MediaService =>
  new MediaService({
    settings: { rtcPort: 0, bindAddress: '127.0.0.1', announceAddresses: [], spoolDir },
    startRecorder: (_, requestKeyFrame) =>
      new PublicationRecorder({
        spec,
        spoolDir,
        nowMs,
        requestKeyFrame,
        onError: (error) => {
          throw error;
        },
      }),
    nowMs,
    emit: () => {},
  });

/** WHIP, as far as a caller needs it. */
const startEndpoint = async (service: MediaService, spec: ReturnType<typeof specOf>) => {
  const { tracks: _, ...recording } = spec;
  const server = createServer(async (request, response) => {
    if (request.method === 'DELETE') {
      await service.handle({ kind: 'end', publicationId: PUBLICATION, reason: 'unpublished' });
      response.end();
      return;
    }
    const offer = await text(request);
    const open = { kind: 'open', publicationId: PUBLICATION, offer, videoCodecs: ['VP8', 'H264'], recording } as const;
    const reply = await service.handle({ ...open, videoCodecs: [...open.videoCodecs] });
    const body = reply.kind === 'answered' ? reply.answer : '';
    response.writeHead(201, { 'Content-Type': 'application/sdp', Location: `/${PUBLICATION}` }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

/** Sends all of it; the file is inspected in `spoolDir`. */
export const holdLossyCall = async (media: PreparedMedia, path: LossyPath, spoolDir: string): Promise<LossyCall> => {
  const spec = specOf({ audio: { codec: 'opus', channels: 1 }, video: { codec: media.video?.codec ?? 'VP8' } });
  const service = startService(spoolDir, spec);
  const endpoint = await startEndpoint(service, spec);
  try {
    const whipUrl = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`;
    const caller = await SyntheticCaller.publish({ whipUrl, token: 'none', media, path });
    await caller.waitUntilSent();
    const reply = await service.handle({ kind: 'stats' });
    await caller.stop();
    const recording = await finishRecording(spoolDir, spec.recordingKey);
    if (recording.kind === 'empty') throw new Error(`nothing was recorded: ${recording.reason}`);
    const sources = reply.kind === 'stats' ? (reply.stats.publications[0]?.sources ?? []) : [];
    return { facts: await inspectFile(recording.path, [ALICE]), sent: caller.sent, sources };
  } finally {
    endpoint.close();
    await service.close();
  }
};

/** What is seen of the pictures that were sent: a smeared one shows no counter, or another's than its time's. */
export const seenOf = ({ facts }: LossyCall) => {
  const readings = facts.callers.alice?.picture?.readings ?? [];
  const [first] = readings;
  const isRight = ({ timeMs, counter }: (typeof readings)[number]): boolean =>
    counter !== undefined && Math.abs(timeMs - (first?.timeMs ?? 0) - 40 * (counter - (first?.counter ?? 0))) < 40;
  return { shown: readings.length, smeared: readings.filter((reading) => !isRight(reading)) };
};
