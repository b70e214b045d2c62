/** One publication in the media process: its recordings, which last, and its connection, which may be lost and made anew. */
import { AUDIO_CODEC_NAMES, type VideoCodecName } from '@callreel/contract/conference.ts';
import type { PubStreamId, SubscriptionId } from '@callreel/contract/ids.ts';
import { SOUND_CODECS, type SoundCodec } from '@callreel/media/depacketize/sound-codec.ts';
import type { SenderReport } from '@callreel/media/rtcp/sender-report.ts';
import type { RtpPacket } from '@callreel/media/rtp/packet.ts';
import { type AcceptedMedia, chooseMedia, type MediaChoice } from '@callreel/media/sdp/choose-media.ts';
import { parseOffer } from '@callreel/media/sdp/offer.ts';
import type { ChosenLayer } from '../recorder/picture-layers.ts';
import type { RecordingSpec } from '../recorder/recording-spec.ts';
import { Connection } from './connection.ts';
import { Forwarder } from './forward/forwarder.ts';
import type { Shed } from './forward/shedding.ts';
import type { MediaEvent, PublicationStats, RecordingBegin } from './protocol.ts';
import { PublicationRecordings, type StartRecorder } from './publication-recordings.ts';
import { AudioActivity } from './receive/audio-activity.ts';
import type { TrackKind } from './receive/media-source.ts';
import type { RtcPort } from './transport/rtc-port.ts';

export type PublicationOptions = {
  id: PubStreamId;
  /** In order of preference. */
  videoCodecs: readonly VideoCodecName[];
  /** Null: not recorded. */
  recording: RecordingBegin | null;
  rtcPort: RtcPort;
  announceAddresses: readonly string[];
  startRecorder: StartRecorder;
  nowMs: () => number;
  /** What its forwarding gives up at the moment. */
  shed: () => Shed;
  emit: (event: MediaEvent) => void;
};

const tracksOf = ({ audio, video }: MediaChoice): RecordingSpec['tracks'] => ({
  ...(audio ? { audio: { codec: audio.name, channels: audio.channels } } : {}),
  ...(video ? { video: { codec: video.name } } : {}),
});

const COUNT_EVERY_MS = 1000;

export class Publication {
  readonly id: PubStreamId;
  readonly #options: PublicationOptions;
  #accepted: AcceptedMedia;
  #connection: Connection | undefined;
  readonly #recordings: PublicationRecordings;
  /** Fixed with the first connection. */
  #tracks: RecordingSpec['tracks'] = {};
  /** The choice that holds, of this connection's. */
  #layer: ChosenLayer | undefined;
  #forwarder: Forwarder | undefined;
  #ending: Promise<void> | undefined;
  #muted = false;
  #soundCodec: SoundCodec = SOUND_CODECS.opus;
  #activity: AudioActivity | undefined;
  #countedMs = Number.NEGATIVE_INFINITY;

  private constructor(options: PublicationOptions) {
    this.id = options.id;
    this.#options = options;
    this.#accepted = { audioCodecs: AUDIO_CODEC_NAMES, videoCodecs: options.videoCodecs };
    this.#recordings = new PublicationRecordings({
      ...options,
      publicationId: options.id,
      requestKeyFrame: (sinceMs) => this.#connection?.requestKeyFrame(undefined, sinceMs),
    });
  }

  /** The recording begins with the answer. @throws SdpError, TransportError */
  static async open(options: PublicationOptions, offer: string): Promise<{ publication: Publication; answer: string }> {
    const publication = new Publication(options);
    return { publication, answer: await publication.#connect(offer) };
  }

  /** Nothing can be resumed any more. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** A new connection in place of the one there was, for the same tracks. @throws SdpError, TransportError */
  resume(offer: string): Promise<string> {
    return this.#connect(offer);
  }

  /** What is said while it is muted is silence from here on; its packets keep their times. */
  mute(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    if (muted) this.#activity?.stop();
    this.#recordings.run((recorder) => recorder.handleMute(muted));
  }

  /** Another file, from now on. @throws TypeError where one is under way */
  startRecording(begin: RecordingBegin): void {
    if (this.#recordings.isRecording) throw new TypeError(`startRecording: ${this.id} is recorded already`);
    const counts = this.#connection?.stats(this.#options.nowMs());
    this.#recordings.start(begin, this.#tracks, { muted: this.#muted, layer: this.#layer, counts });
  }

  /** Resolves when the file is written, as far as it could be; the publication goes on. */
  stopRecording(reason: string): Promise<void> {
    this.#count(this.#options.nowMs());
    return this.#recordings.close(reason);
  }

  /** False where there is none. */
  pauseRecording(paused: boolean): boolean {
    this.#recordings.run((recorder) => recorder.handlePause(paused));
    return this.#recordings.isRecording;
  }

  /** Answers the offer of one who is to receive it. @throws SdpError, TransportError, TypeError */
  subscribe(id: SubscriptionId, offer: string): Promise<string> {
    if (this.#forwarder === undefined) throw new TypeError('subscribe: the publication has no connection yet');
    return this.#forwarder.subscribe(id, offer);
  }

  /** Sound and picture, or not. False where there is no such subscription. */
  changeSubscription(id: SubscriptionId, sends: { audio: boolean; video: boolean }): boolean {
    return this.#forwarder?.change(id, sends) ?? false;
  }

  /** False where there is no such subscription. */
  unsubscribe(id: SubscriptionId): boolean {
    return this.#forwarder?.unsubscribe(id) ?? false;
  }

  /** Call it every 10 ms or so. */
  tick(nowMs: number): void {
    this.#connection?.tick(nowMs);
    this.#forward((forwarder) => forwarder.tick(nowMs));
  }

  /** Call it every 50 ms or so. */
  tickRecorder(nowMs: number): void {
    this.#activity?.tick(nowMs);
    if (!this.#recordings.isRecording) return;
    this.#recordings.run((recorder) => recorder.tick(nowMs));
    if (nowMs - this.#countedMs >= COUNT_EVERY_MS) this.#count(nowMs);
  }

  /** What the receiver has counted goes into the recording's report. */
  #count(nowMs: number): void {
    this.#countedMs = nowMs;
    const stats = this.#connection?.stats(nowMs);
    if (stats !== undefined) this.#recordings.run((recorder) => recorder.handleReceiverCounts(stats));
  }

  /** Undefined before the first connection is made. */
  stats(nowMs: number): PublicationStats | undefined {
    const connection = this.#connection;
    if (connection === undefined) return undefined;
    const { state } = connection;
    return {
      publicationId: this.id,
      connection: state === 'closed' ? 'lost' : state,
      ...connection.stats(nowMs),
      subscriptions: this.#forwarder?.stats(nowMs) ?? [],
    };
  }

  /** Resolves when its recording is written, as far as it could be. Idempotent. */
  end(reason: string): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  async #end(reason: string): Promise<void> {
    this.#count(this.#options.nowMs());
    this.#connection?.close();
    this.#activity?.stop();
    this.#forwarder?.close();
    await this.#recordings.close(reason);
  }

  async #connect(offerText: string): Promise<string> {
    const offer = parseOffer(offerText);
    const choice = chooseMedia(offer, this.#accepted);
    const { id, rtcPort, announceAddresses, nowMs, emit } = this.#options;
    const connection = await Connection.open({
      id,
      rtcPort,
      announceAddresses,
      offer,
      choice,
      nowMs,
      sink: this,
      onConnected: () => emit({ kind: 'connected', publicationId: id }),
      onLost: (why) => emit({ kind: 'lost', publicationId: id, why }),
    });
    this.#adopt(connection, choice);
    return connection.answer;
  }

  #adopt(connection: Connection, choice: MediaChoice): void {
    if (this.#ending !== undefined) {
      connection.close();
      return;
    }
    const first = this.#connection === undefined;
    this.#count(this.#options.nowMs());
    this.#connection?.close();
    this.#connection = connection;
    this.#layer = undefined;
    this.#activity?.stop();
    const { id, emit } = this.#options;
    const onChanged = (speaks: boolean) => emit({ kind: 'speaking', publicationId: id, speaks });
    this.#activity = new AudioActivity({ audio: choice.audio, onChanged });
    this.#forwardFrom(choice);
    if (first) this.#start(choice);
    else this.#recordings.run((recorder) => recorder.resume('newConnection'));
  }

  #forwardFrom(choice: MediaChoice): void {
    const { id, rtcPort, announceAddresses, nowMs, shed, emit } = this.#options;
    this.#forwarder?.begin(choice);
    this.#forwarder ??= new Forwarder(
      {
        ...{ streamName: id, rtcPort, announceAddresses, nowMs, shed },
        requestKeyFrame: (ssrc) => this.#connection?.requestKeyFrame(ssrc),
        onEnded: (subscriptionId, why) => emit({ kind: 'subscriptionEnded', publicationId: id, subscriptionId, why }),
      },
      choice,
    );
  }

  #start(choice: MediaChoice): void {
    // A file's tracks are fixed with its header: a resume may bring no others.
    const audioCodecs = choice.audio ? [choice.audio.name] : [];
    this.#soundCodec = SOUND_CODECS[audioCodecs[0] ?? 'opus'];
    this.#accepted = { audioCodecs, videoCodecs: choice.video ? [choice.video.name] : [] };
    this.#tracks = tracksOf(choice);
    const { recording } = this.#options;
    if (recording !== null) this.#recordings.start(recording, this.#tracks);
  }

  handlePacket(track: TrackKind, packet: RtpPacket, arrivalMs: number): void {
    if (track === 'audio' && !this.#muted) this.#activity?.handlePacket(packet, arrivalMs);
    const silenced = this.#muted && track === 'audio' && packet.payload.length > 0;
    const heard = silenced ? { ...packet, payload: this.#soundCodec.silenceLike(packet.payload) } : packet;
    this.#recordings.run((recorder) => recorder.handlePacket(track, heard, arrivalMs));
    // After the recording, which waits for nobody.
    this.#forward((forwarder) => forwarder.handlePacket(track, heard, this.#muted, arrivalMs));
  }

  handleSenderReport(track: TrackKind, report: SenderReport, arrivalMs: number): void {
    this.#forwarder?.handleSenderReport(report, arrivalMs);
    this.#recordings.run((recorder) => recorder.handleSenderReport(track, report, arrivalMs));
  }

  handleSourceChange(track: TrackKind): void {
    this.#recordings.run((recorder) => recorder.resume('newSource'));
    this.#forwarder?.handleSourceChange(track);
  }

  handleLayer(layer: ChosenLayer): void {
    this.#layer = layer;
    this.#recordings.run((recorder) => recorder.handleLayer(layer));
  }

  /** A fault in forwarding costs the subscribers theirs, and neither the recording nor other calls. */
  #forward(step: (forwarder: Forwarder) => void): void {
    if (this.#forwarder === undefined || this.#forwarder.isIdle) return;
    try {
      step(this.#forwarder);
    } catch (error) {
      this.#forwarder.fail(error instanceof Error ? error.message : String(error));
    }
  }
}
