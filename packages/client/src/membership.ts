import type { JoinBody, JoinView, PublicationKind, Role } from '@callreel/contract/conference.ts';
import { applyEvent } from '@callreel/contract/conference-state.ts';
import type { EventClose } from '@callreel/contract/event-protocol.ts';
import type {
  ConferenceEvent,
  ConferenceState,
  EndReason,
  RecordingState,
  ServerFrame,
} from '@callreel/contract/events.ts';
import type { RecordingAction } from '@callreel/contract/recording-control.ts';
import type { CallreelApi } from './callreel-api.ts';
import { closeCapture, openScreen } from './capture.ts';
import { ClientError } from './client-error.ts';
import { EventStream } from './event-stream.ts';
import { missedEvents } from './missed-events.ts';
import type { Locate } from './negotiate.ts';
import { type Publication, type PublishOptions, publish } from './publication.ts';
import { deleteWhileClosing, request } from './request.ts';
import { Subscription } from './subscription.ts';
import { TypedEventTarget } from './typed-event-target.ts';

/** What a membership tells: each event of the conference under its own name, and what is made of them. */
export type MembershipEvents = { [Kind in ConferenceEvent['kind']]: Extract<ConferenceEvent, { kind: Kind }> } & {
  /** After whatever changed it. */
  state: ConferenceState;
  /** Whether what happens is heard at the moment; what is missed is told when it is heard again. */
  connected: boolean;
  /** One is out, and why. Not told of one's own `leave()`. */
  ended: EndReason;
};

type Told = Extract<ServerFrame, { kind: 'snapshot' | 'resumed' | 'event' }>;

/** Where the service says why one is out; else it was for too long that nothing was heard of one. */
const REASON_FOR: Partial<Record<EventClose, EndReason>> = {
  left: 'left',
  kicked: 'kicked',
  tokenRevoked: 'tokenRevoked',
  conferenceClosed: 'dissolved',
};

/** What is of one's own publication to turn off, or on again; what is left out stays. */
export type MuteWish = { audio?: boolean; video?: boolean };

/** One's stay in a conference. Made by `joinConference`; ended by `leave()`, or by itself when the page closes. */
export class Membership extends TypedEventTarget<MembershipEvents> {
  readonly confrId: string;
  readonly memberId: string;
  readonly role: Role;
  readonly #view: Pick<JoinView, 'token' | 'whip' | 'leave'>;
  readonly #locate: Locate;
  readonly #publications = new Set<Publication>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #stream: EventStream<Told>;
  readonly #opened = Promise.withResolvers<void>();
  #state: ConferenceState | undefined;
  #left = false;

  private constructor(confrId: string, view: JoinView, locate: Locate) {
    super();
    this.confrId = confrId;
    this.memberId = view.memberId;
    this.role = view.role;
    this.#locate = locate;
    this.#view = { token: view.token, whip: locate(view.whip), leave: locate(view.leave) };
    addEventListener('pagehide', this.#sayGoodbye);
    this.#stream = new EventStream<Told>({
      url: locate(view.events),
      token: view.token,
      onFrame: (frame) => this.#take(frame),
      onConnected: (connected) => this.tell('connected', connected),
      onEnded: (why) => this.#handleEnded(why),
    });
  }

  /** Of what joining answered; resolves when the state of the conference is known. Throws ClientError. */
  static async open(confrId: string, view: JoinView, locate: Locate = (url) => url): Promise<Membership> {
    const membership = new Membership(confrId, view, locate);
    try {
      await membership.#opened.promise;
      return membership;
    } catch (error) {
      membership.#sayGoodbye();
      throw error;
    }
  }

  /** Who is in, what is published, who speaks: as it was when it was last heard of. */
  get state(): ConferenceState {
    if (this.#state === undefined) throw new TypeError('membership: it is not open');
    return this.#state;
  }

  get recordingState(): RecordingState {
    return this.state.recording;
  }

  /**
   * What is stopped begins another file, what is paused goes on in its own. For one publication, or all there are and all that come. An admin's
   * to do, as the next three; all hear of it by `recordingChanged`. Throws ClientError (`forbidden`, `serviceBusy`, …).
   */
  startRecording(pubStreamId?: string): Promise<void> {
    return this.#record('start', pubStreamId);
  }

  /** Its files are finished and listed while the call goes on. Throws ClientError. */
  stopRecording(pubStreamId?: string): Promise<void> {
    return this.#record('stop', pubStreamId);
  }

  /** Nothing that is said or shown is in the file until `resumeRecording`: it has a gap there. Throws ClientError (`notRecorded`, …). */
  pauseRecording(pubStreamId?: string): Promise<void> {
    return this.#record('pause', pubStreamId);
  }

  /** In the same file. Throws ClientError (`notRecorded`, …). */
  resumeRecording(pubStreamId?: string): Promise<void> {
    return this.#record('resume', pubStreamId);
  }

  /** Throws ClientError (`conferenceFull`, `forbidden`, `serviceBusy`, …). */
  async publish(
    stream: MediaStream,
    kind: PublicationKind = 'av',
    { onState, ...options }: Pick<PublishOptions, 'onState' | 'videoCodec'> = {},
  ): Promise<Publication> {
    const { whip: whipUrl, token } = this.#view;
    const publication = await publish({
      ...{ whipUrl, token, stream, kind, locate: this.#locate, ...options },
      onState: (state) => {
        // It may be another publication by now, of which the others do not know yet what is off.
        if (state === 'connected') void this.#tellMuted(publication).catch(() => {});
        onState?.(state);
      },
    });
    this.#publications.add(publication);
    if (this.#left) await publication.stop();
    return publication;
  }

  /** Asks for a screen, a window or a tab, and sends it until `stop()`, or until the browser's own button ends it. Throws ClientError. */
  async shareScreen(options: Pick<PublishOptions, 'onState' | 'videoCodec'> = {}): Promise<Publication> {
    const screen = await openScreen();
    try {
      const publication = await this.publish(screen, 'desktop', {
        ...options,
        onState: (state) => {
          if (state === 'stopped') closeCapture(screen);
          options.onState?.(state);
        },
      });
      screen.getVideoTracks()[0]?.addEventListener('ended', () => void publication.stop().catch(() => {}));
      return publication;
    } catch (error) {
      closeCapture(screen);
      throw error;
    }
  }

  /** Receives another's publication, as the state lists it. Throws ClientError. */
  async subscribe(pubStreamId: string, onState: (state: Subscription['state']) => void = () => {}) {
    const publication = this.state.publications.find((each) => each.pubStreamId === pubStreamId);
    if (publication === undefined) throw ClientError.callOver();
    const { token } = this.#view;
    const whepUrl = this.#urlBeside(`publications/${encodeURIComponent(pubStreamId)}/whep`);
    const subscription = await Subscription.open({ whepUrl, token, publication, onState, locate: this.#locate });
    this.#subscriptions.add(subscription);
    if (this.#left) await subscription.stop();
    return subscription;
  }

  /** Silences one's own sound, or blackens one's own picture, and tells the others so. */
  async mute(publication: Publication, { audio, video }: MuteWish): Promise<void> {
    const turn = (tracks: MediaStreamTrack[], off: boolean | undefined): void => {
      for (const track of tracks) if (off !== undefined) track.enabled = !off;
    };
    turn(publication.stream.getAudioTracks(), audio);
    turn(publication.stream.getVideoTracks(), video);
    await this.#stream.ask({ kind: 'mute', pubStreamId: publication.pubStreamId, ...publication.muted });
  }

  /** Ends one's publications and one's stay; the last one to leave ends the call, of two the first. Idempotent. */
  async leave(): Promise<void> {
    if (this.#left) return;
    this.#forget();
    try {
      await this.#tellLeft();
    } finally {
      for (const link of [...this.#publications, ...this.#subscriptions]) link.forget();
    }
  }

  /** Of this conference, at the node that holds it. */
  #urlBeside(path: string): string {
    return new URL(path, new URL(this.#view.whip, location.href)).href;
  }

  async #record(action: RecordingAction, pubStreamId: string | undefined): Promise<void> {
    const { token } = this.#view;
    await request(this.#urlBeside('recording'), { method: 'POST', token, json: { action, pubStreamId } });
  }

  #take(frame: Told): void {
    if (frame.kind === 'snapshot') this.#begin(frame.state);
    if (frame.kind !== 'event') return;
    this.#state = applyEvent(this.state, frame.event);
    this.#handle(frame.event);
    this.tell('state', this.#state);
  }

  /** The first one, or another where what happened meanwhile is not known. */
  #begin(state: ConferenceState): void {
    const missed = this.#state === undefined ? [] : missedEvents(this.#state, state);
    this.#state = state;
    for (const event of missed) this.#handle(event);
    this.#opened.resolve();
    this.tell('state', state);
  }

  #handle(event: ConferenceEvent): void {
    if (event.kind === 'publicationEnded') this.#handlePublicationEnded(event);
    this.tell(event.kind, event as never);
  }

  #handlePublicationEnded({ pubStreamId, publishAnew: anew }: MembershipEvents['publicationEnded']): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.pubStreamId === pubStreamId) this.#drop(subscription);
    }
    for (const publication of this.#publications) {
      if (publication.pubStreamId !== pubStreamId) continue;
      if (anew && publication.state !== 'stopped') {
        publishAnew(publication);
        continue;
      }
      this.#publications.delete(publication);
      publication.forget();
    }
  }

  #drop(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    subscription.forget();
  }

  async #tellMuted(publication: Publication): Promise<void> {
    const { audioOff, videoOff } = publication.muted;
    const { pubStreamId } = publication;
    if (audioOff || videoOff) await this.#stream.ask({ kind: 'mute', pubStreamId, audioOff, videoOff });
  }

  #handleEnded(why: EventClose | ClientError): void {
    this.#opened.reject(why instanceof ClientError ? why : ClientError.callOver());
    if (this.#left) return;
    this.#forget();
    for (const link of [...this.#publications, ...this.#subscriptions]) link.forget();
    const reason = why instanceof ClientError ? undefined : REASON_FOR[why];
    this.tell('ended', this.#state?.closed ?? reason ?? 'connectionLost');
  }

  async #tellLeft(): Promise<void> {
    try {
      await request(this.#view.leave, { method: 'DELETE', token: this.#view.token });
    } catch (error) {
      // Who is out already (the call ended, or this member was removed) has left too.
      const gone = error instanceof ClientError && (error.reason === 'callOver' || error.reason === 'signedOut');
      if (!gone) throw error;
    }
  }

  readonly #sayGoodbye = (): void => {
    deleteWhileClosing(this.#view.leave, this.#view.token);
    this.#forget();
  };

  #forget(): void {
    this.#left = true;
    this.#stream.close();
    removeEventListener('pagehide', this.#sayGoodbye);
  }
}

/** What does not work now is tried again by itself. */
const publishAnew = (publication: Publication): void => {
  publication.resume().catch(() => {});
};

/**
 * Enters a conference: a user as himself with its password, or, with an application's token, whomever `userName` names. `locate` maps URLs
 * that the service gives out to those under which this page reaches it. Throws ClientError (`callOver`, `conferenceFull`, `wrongPassword`, …).
 */
export const joinConference = async (
  api: CallreelApi,
  confrId: string,
  body: JoinBody,
  locate?: Locate,
): Promise<Membership> => Membership.open(confrId, await api.join(confrId, body), locate);
