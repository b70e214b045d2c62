import { randomInt, randomUUID } from 'node:crypto';
import type { PreparedMedia } from './prepare/prepare-media.ts';
import { type Answer, readAnswer } from './send/answer.ts';
import { CallerError } from './send/caller-error.ts';
import { nowMs } from './send/clock.ts';
import { OPEN_LINK } from './send/link.ts';
import { type LossyPath, LossyRelay } from './send/lossy-relay.ts';
import { MediaSender } from './send/media-sender.ts';
import { buildOffer, type DtlsSetup, type LevelAt, type OfferedTrack } from './send/offer.ts';
import { SendingPeer } from './send/peer.ts';
import { Relay } from './send/relay.ts';
import type { SentLog } from './send/sent-log.ts';
import { type RtpStart, TrackSender } from './send/track-sender.ts';
import { deleteResource, postOffer, type WhipResource } from './send/whip.ts';

export type CallerOptions = {
  /** Where to publish; `?type=desktop` and `?resume=` go in it. */
  whipUrl: string;
  token: string;
  media: PreparedMedia;
  /** Told every second of media that went out. */
  onProgress?: (sentMs: number) => void;
  /** Begin at this time of the media: a caller that goes on after a hole. 0 unless said otherwise. */
  fromMs?: number;
  /** The address to send from; 127.0.0.1 unless said otherwise. */
  bindAddress?: string;
  /** `passive` unless said otherwise: it connects sooner; browsers offer `actpass`. */
  dtlsSetup?: DtlsSetup;
  /** 0…1: packets held back before sending, chosen by `seed`; those that are asked for again are sent then. */
  lossRate?: number;
  seed?: number;
  /** What its sound's packets say of how loud they are, 0 to -127 (RFC 6464); without it they say nothing. */
  levelDbov?: LevelAt;
  /** Puts a relay in the way, that `vanish()` shuts. */
  canVanish?: boolean;
  /** Puts a path in the way that loses and delays. */
  path?: LossyPath;
  /** Where the tracks' counters begin; chance unless said otherwise. */
  rtpStart?: RtpStart;
};

const LOOPBACK = '127.0.0.1';
/** G.711's are fixed (RFC 3551 section 6). */
const AUDIO_PAYLOAD_TYPES = { opus: 111, PCMU: 0, PCMA: 8 } as const;
const VIDEO_PAYLOAD_TYPE = 96;
const RTX_PAYLOAD_TYPE = 97;

const makeSsrc = (): number => randomInt(1, 2 ** 32 - 1);

const tracksOf = ({ media, levelDbov }: CallerOptions): OfferedTrack[] => {
  const tracks: OfferedTrack[] = [];
  if (media.audio) {
    const { codec = 'opus' } = media.audio;
    const payloadType = AUDIO_PAYLOAD_TYPES[codec];
    const level = levelDbov === undefined ? {} : { levelDbov };
    tracks.push({ kind: 'audio', mid: '0', codec, payloadType, ssrc: makeSsrc(), rtx: undefined, ...level });
  }
  if (media.video) {
    const rtx = { payloadType: RTX_PAYLOAD_TYPE, ssrc: makeSsrc() };
    const { codec } = media.video;
    tracks.push({ kind: 'video', mid: '1', codec, payloadType: VIDEO_PAYLOAD_TYPE, ssrc: makeSsrc(), rtx });
  }
  return tracks;
};

const chanceStart = (): RtpStart => ({ sequenceNumber: randomInt(2 ** 16), timestamp: randomInt(2 ** 32) });

const senderOf = (track: OfferedTrack, answer: Answer, cname: string, start: RtpStart): TrackSender => {
  const answered = answer.tracks.find((each) => each.mid === track.mid);
  if (!answered?.payloadTypes.includes(track.payloadType)) throw CallerError.unusableAnswer(`has no ${track.codec}`);
  const { rtx } = track;
  const accepted = { ...track, rtx: rtx && answered.payloadTypes.includes(rtx.payloadType) ? rtx : undefined };
  return new TrackSender(accepted, answered.midExtensionId, start, cname, answered.audioLevelExtensionId);
};

/** A publication that is open: what it takes to send, and to end it. */
type Publication = {
  peer: SendingPeer;
  relay: Relay | LossyRelay | undefined;
  resource: WhipResource;
  sender: MediaSender;
};

const relayFor = (transportLines: readonly string[], { bindAddress = LOOPBACK, path, canVanish }: CallerOptions) => {
  if (path) return LossyRelay.before(transportLines, bindAddress, path);
  return canVanish ? Relay.before(transportLines, bindAddress) : undefined;
};

const connect = async (
  peer: SendingPeer,
  answer: Answer,
  options: CallerOptions,
): Promise<Relay | LossyRelay | undefined> => {
  const relayed = await relayFor(answer.transportLines, options);
  try {
    await peer.connect(relayed?.transportLines ?? answer.transportLines);
    return relayed?.relay;
  } catch (error) {
    relayed?.relay.close();
    throw error;
  }
};

const openPublication = async (options: CallerOptions): Promise<Publication> => {
  const { media, fromMs = 0, lossRate = 0, seed = 1, dtlsSetup = 'passive' } = options;
  const cname = randomUUID();
  const tracks = tracksOf(options);
  const { peer, transport } = await SendingPeer.create(options.bindAddress ?? LOOPBACK);
  try {
    const posted = await postOffer(
      options.whipUrl,
      options.token,
      buildOffer(tracks, { transport, setup: dtlsSetup, cname }),
    );
    const answer = readAnswer(posted.answer);
    const senders = tracks.map((track) => senderOf(track, answer, cname, options.rtpStart ?? chanceStart()));
    const relay = await connect(peer, answer, options);
    const send = (bytes: Buffer): void => peer.send(bytes);
    const sender = new MediaSender({ media, tracks: senders, fromMs, lossRate, seed, nowMs, send });
    return { peer, relay, resource: posted.resource, sender };
  } catch (error) {
    peer.close();
    throw error;
  }
};

const PROGRESS_EVERY_MS = 1000;

/** A participant with exact clocks, over real WebRTC: publishes prepared media by WHIP and knows what it sent when. */
export class SyntheticCaller {
  readonly #publication: Publication;
  readonly #stopped = new AbortController();
  readonly #sending: Promise<void>;

  private constructor(publication: Publication, onProgress: CallerOptions['onProgress']) {
    const { peer, sender } = publication;
    this.#publication = publication;
    peer.onMessage = (bytes) => sender.handleRtcp(bytes);
    peer.onLost = (state) => this.#stopped.abort(CallerError.lost(state));
    const tell = (): void => onProgress?.(nowMs() - sender.log.startedAtMs);
    const progressTimer = setInterval(tell, PROGRESS_EVERY_MS);
    this.#sending = sender.run(this.#stopped.signal).finally(() => clearInterval(progressTimer));
    // Whoever waits is told; where nobody does, a lost connection is no fault of the process.
    this.#sending.catch(() => {});
  }

  /** Connects and begins to send at once. Throws CallerError. */
  static async publish(options: CallerOptions): Promise<SyntheticCaller> {
    return new SyntheticCaller(await openPublication(options), options.onProgress);
  }

  /** What was sent so far. */
  get sent(): SentLog {
    return this.#publication.sender.log;
  }

  /** The WHIP resource of this publication; its last part is the pubStreamId. */
  get resourceUrl(): string {
    return this.#publication.resource.url;
  }

  /** Resolves when all media went out; rejects with CallerError where the connection was lost before. */
  async waitUntilSent(): Promise<void> {
    await this.#sending;
  }

  /** Ends the publication as a page does that says so: WHIP DELETE. Throws CallerError where the service refuses. */
  async stop(): Promise<void> {
    const { peer, relay, resource } = this.#publication;
    this.#stopped.abort(CallerError.lost('stopped'));
    try {
      await deleteResource(resource);
    } finally {
      peer.close();
      relay?.close();
    }
  }

  /** From now on so many of its packets, 0…1, are lost on the way to the service, resent ones too. Needs `canVanish`. */
  loseOnTheWay(lossRate: number): void {
    const { relay } = this.#publication;
    if (!(relay instanceof Relay))
      throw new TypeError('canVanish must be set for a caller whose packets are to be lost');
    relay.toService.change({ ...OPEN_LINK, lossRate });
  }

  /** Is gone from one moment to the next, without a word: for the other side, silence. Needs `canVanish`. */
  vanish(): void {
    const { peer, relay } = this.#publication;
    if (!relay) throw new TypeError('canVanish must be set for a caller that is to vanish');
    relay.close();
    this.#stopped.abort(CallerError.lost('vanished'));
    peer.close();
  }
}
