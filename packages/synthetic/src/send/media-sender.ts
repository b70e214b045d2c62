import { setTimeout as delay } from 'node:timers/promises';
import { packetizeOpus } from '../packetize/opus.ts';
import type { PreparedMedia } from '../prepare/prepare-media.ts';
import { seededChance } from '../seeded-chance.ts';
import { type Feedback, readFeedback } from './feedback.ts';
import { videoPayloads } from './payloads.ts';
import { type Piece, schedule } from './schedule.ts';
import type { SentFrame, SentLog } from './sent-log.ts';
import type { TrackSender } from './track-sender.ts';

export type MediaSenderOptions = {
  media: PreparedMedia;
  tracks: readonly TrackSender[];
  /** Media before this time are not sent. */
  fromMs: number;
  /** 0…1 of the packets are held back when first due; what is asked for again is always sent. */
  lossRate: number;
  seed: number;
  nowMs: () => number;
  send: (bytes: Buffer) => void;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };

const emptyLog = (): Mutable<SentLog> => ({
  startedAtMs: 0,
  frames: [],
  soundPackets: 0,
  events: [],
  dropped: [],
  resent: [],
  keyFrameRequestsAtMs: [],
  senderReports: 0,
  receiverReports: 0,
});

/** Sends prepared media at the pace of the monotonic clock, and answers what the receiver asks for. */
export class MediaSender {
  readonly #options: MediaSenderOptions;
  readonly #chance: () => number;
  readonly #log = emptyLog();

  constructor(options: MediaSenderOptions) {
    this.#options = options;
    this.#chance = seededChance(options.seed);
  }

  get log(): SentLog {
    return this.#log;
  }

  /** Sends everything; resolves when the last piece went out, rejects with the signal's reason when it is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { media, fromMs, nowMs } = this.#options;
    this.#log.startedAtMs = nowMs() - fromMs;
    for (const piece of schedule(media, fromMs)) {
      const waitMs = this.#log.startedAtMs + piece.dueMs - nowMs();
      if (waitMs > 0) await delay(waitMs, undefined, { signal });
      signal.throwIfAborted();
      this.#sendPiece(piece);
      this.#sendReports();
    }
  }

  /** Takes RTCP from the receiver. */
  handleRtcp(bytes: Buffer): void {
    for (const feedback of readFeedback(bytes)) this.#answer(feedback);
  }

  #sendPiece(piece: Piece): void {
    const track = this.#options.tracks.find((each) => each.kind === piece.kind);
    if (!track) return;
    switch (piece.kind) {
      case 'audio':
        this.#sendPayloads(track, packetizeOpus(piece.packet), piece.mediaMs);
        this.#log.soundPackets += 1;
        break;
      case 'video': {
        const payloads = videoPayloads(piece.codec, piece.frame);
        this.#sendPayloads(track, payloads, piece.mediaMs);
        this.#logFrame({ ...piece.frame, sentAtMs: this.#options.nowMs(), packets: payloads.length });
        break;
      }
    }
    if (piece.mediaMs % 1000 === 0 && !this.#log.events.includes(piece.mediaMs)) this.#log.events.push(piece.mediaMs);
  }

  #logFrame({ counter, mediaMs, sentAtMs, keyFrame, packets }: SentFrame): void {
    this.#log.frames.push({ counter, mediaMs, sentAtMs, keyFrame, packets });
  }

  #sendPayloads(track: TrackSender, payloads: readonly Uint8Array[], mediaMs: number): void {
    for (const { sequenceNumber, bytes } of track.packetize(payloads, mediaMs)) {
      if (this.#chance() < this.#options.lossRate) this.#log.dropped.push({ track: track.kind, sequenceNumber });
      else this.#options.send(bytes);
    }
  }

  #sendReports(): void {
    const now = this.#options.nowMs();
    for (const track of this.#options.tracks) {
      this.#sendReport(track.hasSent ? track.reportIfDue(now, this.#log.startedAtMs) : undefined);
    }
  }

  #sendReport(report: Buffer | undefined): void {
    if (!report) return;
    this.#options.send(report);
    this.#log.senderReports += 1;
  }

  #answer(feedback: Feedback): void {
    switch (feedback.kind) {
      case 'nack':
        for (const sequenceNumber of feedback.sequenceNumbers) this.#resend(feedback.ssrc, sequenceNumber);
        break;
      case 'keyFrameRequest':
        this.#log.keyFrameRequestsAtMs.push(this.#options.nowMs());
        break;
      case 'senderReportRequest': {
        const track = this.#options.tracks.find((each) => each.ssrc === feedback.ssrc);
        this.#sendReport(track?.report(this.#options.nowMs(), this.#log.startedAtMs));
        break;
      }
      case 'receiverReport':
        this.#log.receiverReports += 1;
        break;
    }
  }

  #resend(ssrc: number, sequenceNumber: number): void {
    const packet = this.#options.tracks.find((track) => track.ssrc === ssrc)?.resend(sequenceNumber);
    if (!packet) return;
    this.#options.send(packet);
    this.#log.resent.push(sequenceNumber);
  }
}
