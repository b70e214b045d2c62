/** A page's own connection, made by hand, recorded by a media service in this process: for what the SDK does not offer. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PubStreamId, SubscriptionId } from '@callreel/contract/ids.ts';
import type { IndexLine, VideoLine } from '@callreel/media/matroska/index-line.ts';
import { IndexReader } from '@callreel/media/matroska/index-reader.ts';
import { nowMs } from '@callreel/server/base/monotonic-clock.ts';
import { finishRecording } from '@callreel/server/recorder/finish.ts';
import { PublicationRecorder } from '@callreel/server/recorder/publication-recorder.ts';
import { specOf } from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { MediaService } from '@callreel/server/sfu/media-service.ts';
import type { PublicationStats } from '@callreel/server/sfu/protocol.ts';
import type { FileFacts } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import type { Page } from 'playwright-core';

const ID = 'rtc-10-abcdefg_C1M1' as PubStreamId;
const { tracks: _, ...SPEC } = specOf({}, nowMs());

declare global {
  var recordedPage: { connection: RTCPeerConnection; sender: RTCRtpSender };
}

export type CanvasWish = {
  width: number;
  height: number;
  framesPerSecond: number;
  encodings: RTCRtpEncodingParameters[];
};

export type PageRecording = { facts: FileFacts; pictures: VideoLine[]; sizes: { width: number; height: number }[] };

/** Runs in the page: a canvas that is drawn anew for each picture, and an offer of it. */
const offerCanvas = async ({ width, height, framesPerSecond, encodings }: CanvasWish): Promise<string> => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  let drawn = 0;
  const draw = (): void => {
    if (context === null) return;
    drawn += 1;
    for (let index = 0; index < 40; index += 1) {
      context.fillStyle = `hsl(${(drawn * 7 + index * 31) % 360} 80% 50%)`;
      context.fillRect((index * 97 + drawn * 5) % width, (index * 53 + drawn * 3) % height, width / 8, height / 8);
    }
  };
  draw();
  setInterval(draw, 1000 / framesPerSecond);
  const [track] = canvas.captureStream(framesPerSecond).getVideoTracks();
  if (track === undefined) throw new Error('the canvas gives no track');
  const connection = new RTCPeerConnection();
  const { sender } = connection.addTransceiver(track, { direction: 'sendonly', sendEncodings: encodings });
  globalThis.recordedPage = { connection, sender };
  await connection.setLocalDescription();
  return connection.localDescription?.sdp ?? '';
};

export class RecordedPage {
  readonly #folder: string;
  readonly #page: Page;
  readonly #service: MediaService;

  private constructor(folder: string, page: Page, service: MediaService) {
    this.#folder = folder;
    this.#page = page;
    this.#service = service;
  }

  /** Publishes a canvas from this page. Resolves when the page is connected. */
  static async publish(page: Page, wish: CanvasWish): Promise<RecordedPage> {
    const folder = await mkdtemp(join(tmpdir(), 'recorded-page-'));
    const service = new MediaService({
      settings: { rtcPort: 0, bindAddress: '127.0.0.1', announceAddresses: [], spoolDir: folder },
      nowMs,
      startRecorder: (spec, requestKeyFrame) =>
        new PublicationRecorder({
          ...{ spec, spoolDir: folder, nowMs, requestKeyFrame },
          onError: (error) => console.error(error.message),
        }),
      emit: () => {},
    });
    const recorded = new RecordedPage(folder, page, service);
    const offer = await page.evaluate(offerCanvas, wish);
    const recording = { ...SPEC, pubStreamId: ID };
    const reply = await service.handle({ kind: 'open', publicationId: ID, offer, videoCodecs: ['VP8'], recording });
    if (reply.kind !== 'answered') throw new Error(`the offer was answered with ${JSON.stringify(reply)}`);
    await page.evaluate(
      (sdp) => globalThis.recordedPage.connection.setRemoteDescription({ type: 'answer', sdp }),
      reply.answer,
    );
    return recorded;
  }

  /** Answers one who is to receive what the page publishes. */
  async subscribe(name: string, offer: string): Promise<string> {
    const subscriptionId = name as SubscriptionId;
    const reply = await this.#service.handle({ kind: 'subscribe', publicationId: ID, subscriptionId, offer });
    if (reply.kind !== 'answered') throw new Error(`the offer was answered with ${JSON.stringify(reply)}`);
    return reply.answer;
  }

  /** Polls, as statistics have no event. */
  async until(enough: (stats: PublicationStats) => boolean, limitMs = 60_000): Promise<PublicationStats> {
    const giveUp = AbortSignal.timeout(limitMs);
    for (;;) {
      const reply = await this.#service.handle({ kind: 'stats' });
      const [stats] = reply.kind === 'stats' ? reply.stats.publications : [];
      if (stats !== undefined && enough(stats)) return stats;
      if (giveUp.aborted) throw new Error(`after ${limitMs} ms: ${JSON.stringify(stats)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What the encoder really does. */
  scalabilityMode(): Promise<string | undefined> {
    return this.#page.evaluate(async () => {
      type Report = { type: string; scalabilityMode?: string };
      const reports = [...(await globalThis.recordedPage.sender.getStats()).values()] as Report[];
      return reports.find(({ type }) => type === 'outbound-rtp')?.scalabilityMode;
    });
  }

  setActive(rid: string, active: boolean): Promise<void> {
    return this.#page.evaluate(
      async ([name, on]) => {
        const { sender } = globalThis.recordedPage;
        const parameters = sender.getParameters();
        for (const encoding of parameters.encodings) if (encoding.rid === name) encoding.active = on;
        await sender.setParameters(parameters);
      },
      [rid, active] as const,
    );
  }

  /** Ends the publication, and looks into its file. */
  async end(): Promise<PageRecording> {
    await this.#service.handle({ kind: 'end', publicationId: ID, reason: 'unpublished' });
    const finished = await finishRecording(this.#folder, SPEC.recordingKey);
    if (finished.kind !== 'finished') throw new Error(`finishing gave ${finished.kind}`);
    const bytes = await readFile(join(this.#folder, SPEC.recordingKey, 'index'));
    const lines: IndexLine[] = new IndexReader().push(bytes).map(({ line }) => line);
    return {
      facts: await inspectFile(finished.path),
      pictures: lines.filter((line) => line.kind === 'video'),
      sizes: lines.flatMap((line) => (line.kind === 'picture' ? [{ width: line.width, height: line.height }] : [])),
    };
  }

  async close(): Promise<void> {
    await this.#service.close();
    await this.#page.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
