import type { CallreelApi } from '@callreel/client/callreel-api.ts';
import type { Membership } from '@callreel/client/membership.ts';
import type { ConferenceState, RecordingState } from '@callreel/contract/events.ts';
import { showFailure } from './explain.ts';
import { InviteBox } from './invite-box.ts';
import { LocalMedia, type SendingState } from './local-media.ts';
import { MembersPanel } from './members-panel.ts';
import { clearErrors, cloneTemplate, find, part, setWords } from './page.ts';
import { PeopleTiles } from './people-tiles.ts';
import { formatDuration } from './recording-facts.ts';
import type { TextKey } from './texts-en.ts';

export type RecordingChoice = { rec: boolean; recMerge: boolean };
/** `left`: by one's own wish; `ended`: by oneself for all; `out`: by another, or because the call is over. */
export type Farewell = 'left' | 'ended' | 'out';

export type CallRoomOptions = {
  api: CallreelApi;
  membership: Membership;
  stream: MediaStream;
  userName: string;
  inviteLink: string;
  /** What the call was created with, where this tab created it. */
  recording: RecordingChoice | undefined;
  /** `wasRecorded`: something of it, while one was in. */
  onOver: (farewell: Farewell, wasRecorded: boolean) => void;
};

const STATE_WORDS = {
  silent: 'room.stateSilent',
  connecting: 'room.stateConnecting',
  connected: 'room.stateConnected',
  lost: 'room.stateLost',
} as const;

/** Of the call as a whole: whether anything of it is recorded. */
const recordingOf = ({ recording, publications }: ConferenceState): RecordingState => {
  const states = [recording, ...publications.map((publication) => publication.recording)];
  return states.includes('recording') ? 'recording' : states.includes('paused') ? 'paused' : 'stopped';
};

const recordingWords = (state: RecordingState, choice: RecordingChoice | undefined) => {
  if (state === 'paused') return 'room.recordingPaused';
  if (state === 'stopped') return 'room.notRecorded';
  return choice?.recMerge ? 'room.recordedMerged' : 'room.recorded';
};

/** The call while one is in it: own pictures, controls, who is in, the invitation. */
export class CallRoom {
  readonly element: HTMLElement;
  readonly #options: CallRoomOptions;
  readonly #media: LocalMedia;
  readonly #members: MembersPanel;
  readonly #people: PeopleTiles;
  readonly #clock: ReturnType<typeof setInterval>;
  readonly #enteredMs = performance.now();
  #wasRecorded = false;
  #over = false;
  #ending = false;

  constructor(options: CallRoomOptions) {
    const { membership, stream } = options;
    this.#options = options;
    this.element = cloneTemplate('call-room');
    this.#media = new LocalMedia(membership, stream, () => this.#render());
    this.#members = new MembersPanel(this.element, membership);
    this.#people = new PeopleTiles(this.element, membership);
    membership.on('state', (state) => this.#showRecording(state));
    membership.on('ended', () => this.#finish(this.#ending ? 'ended' : 'out'));
    this.#clock = setInterval(() => this.#showElapsed(), 1_000);
    this.#describe();
    this.#wireControls();
    this.#render();
  }

  /** Starts sending. A failure is shown beside the controls: one is in the call all the same. */
  start(): Promise<void> {
    return this.#attempt(() => this.#media.start());
  }

  #describe(): void {
    part(this.element, 'own-name', HTMLElement).textContent = this.#options.userName;
    this.#showRecording(this.#options.membership.state);
    new InviteBox(this.element, this.#options.inviteLink);
  }

  #showRecording(call: ConferenceState): void {
    const state = recordingOf(call);
    this.#wasRecorded ||= state !== 'stopped';
    setWords(part(this.element, 'recorded', HTMLElement), recordingWords(state, this.#options.recording));
  }

  #wireControls(): void {
    this.#onPress('microphone', () => this.#media.setMicrophone(!this.#media.microphoneOn));
    this.#onPress('camera-toggle', () => this.#media.setCamera(!this.#media.cameraOn));
    this.#onPress('share', () => (this.#media.screen ? this.#media.stopSharing() : this.#media.shareScreen()));
    this.#onPress('reconnect', () => this.#media.reconnect());
    this.#button('leave').addEventListener('click', () => this.#finish('left'));
    this.#wireEnd();
  }

  #button(name: string): HTMLButtonElement {
    return part(this.element, name, HTMLButtonElement);
  }

  #onPress(name: string, action: () => Promise<void>): void {
    const button = this.#button(name);
    button.addEventListener('click', () => {
      button.disabled = true;
      void this.#attempt(action).then(() => {
        button.disabled = false;
        button.focus();
      });
    });
  }

  /** What one press would do to everyone asks for a second one. */
  #wireEnd(): void {
    const button = this.#button('end');
    const disarm = () => setWords(button, 'room.end');
    button.addEventListener('blur', disarm);
    button.addEventListener('click', () => {
      if (button.dataset.text === 'room.end') setWords(button, 'room.endSure');
      else void this.#endForAll();
    });
  }

  async #endForAll(): Promise<void> {
    this.#ending = true;
    try {
      await this.#options.api.endConference(this.#options.membership.confrId);
    } catch (error) {
      this.#ending = false;
      showFailure(this.element, 'end', error);
      return;
    }
    this.#finish('ended');
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    clearErrors(find(this.element, '.stage', HTMLElement));
    try {
      await action();
    } catch (error) {
      if (!this.#over) showFailure(this.element, 'media', error);
    }
    this.#render();
  }

  #finish(farewell: Farewell): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#clock);
    this.#members.close();
    this.#people.close();
    this.#media.close();
    // A goodbye that does not get through is made good by the service's own hold of 45 s: nobody has to wait for it here.
    this.#options.membership.leave().catch(() => undefined);
    this.#options.onOver(farewell, this.#wasRecorded);
  }

  #showElapsed(): void {
    part(this.element, 'elapsed', HTMLElement).textContent = formatDuration(
      (performance.now() - this.#enteredMs) / 1000,
    );
  }

  #render(): void {
    const { state, microphoneOn, cameraOn, screen } = this.#media;
    setWords(part(this.element, 'state', HTMLElement), STATE_WORDS[state]);
    part(this.element, 'dot', HTMLElement).dataset.state = state;
    this.#showLoss(state);
    this.#toggle('microphone', microphoneOn, microphoneOn ? 'room.microphoneOn' : 'room.microphoneOff');
    this.#toggle('camera-toggle', cameraOn, cameraOn ? 'room.cameraOn' : 'room.cameraOff');
    this.#toggle('share', screen !== undefined, screen ? 'room.unshare' : 'room.share');
    this.#showPictures();
    this.#showElapsed();
  }

  #showLoss(state: SendingState): void {
    const notice = part(this.element, 'lost', HTMLElement);
    notice.hidden = state !== 'lost' && state !== 'silent';
    setWords(find(notice, 'span', HTMLElement), state === 'silent' ? 'room.silent' : 'room.lost');
  }

  /** The words say what a press does; with a pressed state besides, screen readers would say it twice and in opposite ways. */
  #toggle(name: string, on: boolean, key: TextKey): void {
    const button = this.#button(name);
    button.dataset.on = String(on);
    setWords(find(button, 'span', HTMLElement), key);
  }

  #showPictures(): void {
    const { stream, screen, cameraOn } = this.#media;
    this.#showStream('camera', stream);
    this.#showStream('screen', screen ?? null);
    part(this.element, 'no-picture', HTMLElement).hidden = cameraOn;
    part(this.element, 'screen-tile', HTMLElement).hidden = screen === undefined;
    part(this.element, 'tiles', HTMLElement).dataset.sharing = String(screen !== undefined);
  }

  #showStream(name: string, stream: MediaStream | null): void {
    const video = part(this.element, name, HTMLVideoElement);
    if (video.srcObject !== stream) video.srcObject = stream;
  }
}
