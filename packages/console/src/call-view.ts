import { closeCapture, openCameraAndMicrophone } from '@callreel/client/capture.ts';
import { joinConference, type Membership } from '@callreel/client/membership.ts';
import { CallFiles } from './call-files.ts';
import { CallForm, type CallWish } from './call-form.ts';
import { CallRoom, type Farewell, type RecordingChoice } from './call-room.ts';
import { isSignedOut } from './explain.ts';
import { part } from './page.ts';
import type { Player } from './player.ts';
import { inviteLink } from './route.ts';
import { apiOf, type Session } from './session.ts';
import { atThisOrigin } from './this-origin.ts';

export type CallViewOptions = {
  root: HTMLElement;
  session: Session;
  player: Player;
  onSignedOut: () => void;
  /** Whether this tab is in a call now. */
  onPresence: (inCall: boolean) => void;
};

type Stage = 'form' | 'room' | 'files';

/** The call section: the form, then the room, then the files, one at a time. */
export class CallView {
  readonly #options: CallViewOptions;
  #invitedTo: string | undefined;
  #inCall = false;
  #shown: Stage = 'form';
  #files: CallFiles | undefined;

  constructor(options: CallViewOptions) {
    this.#options = options;
    this.#showForm();
  }

  /** Follows an invitation, or turns from one back to the plain form. A call that one is in goes on, and its files stay. */
  invite(confrId: string | undefined): void {
    const kept = confrId === undefined && (this.#invitedTo === undefined || this.#shown !== 'form');
    if (this.#inCall || kept) return;
    this.#invitedTo = confrId;
    this.#showForm();
  }

  #showForm(): void {
    this.#files?.close();
    const form: CallForm = new CallForm(this.#invitedTo, (wish) => this.#enter(form, wish));
    this.#place('form', form.element);
  }

  async #enter(form: CallForm, wish: CallWish): Promise<void> {
    const stream = await this.#openDevices(form, wish);
    if (stream === undefined) return;
    try {
      form.showProgress('joining');
      await this.#join(wish, stream);
    } catch (error) {
      closeCapture(stream);
      if (isSignedOut(error)) this.#options.onSignedOut();
      else form.showFailure('form', error);
    }
  }

  /** Before anything else: without devices there is no call to be made. */
  async #openDevices(form: CallForm, { capture }: CallWish): Promise<MediaStream | undefined> {
    form.showProgress('opening');
    try {
      return await openCameraAndMicrophone(capture);
    } catch (error) {
      form.showFailure('devices', error);
      return undefined;
    }
  }

  async #join({ userName, recording }: CallWish, stream: MediaStream): Promise<void> {
    const api = apiOf(this.#options.session);
    const invitedTo = this.#invitedTo;
    const confrId = invitedTo ?? (await api.createConference({ ...recording, creator: userName })).id;
    const membership = await joinConference(api, confrId, { userName }, atThisOrigin);
    await this.#openRoom(membership, stream, userName, invitedTo === undefined ? recording : undefined);
  }

  async #openRoom(
    membership: Membership,
    stream: MediaStream,
    userName: string,
    recording: RecordingChoice | undefined,
  ): Promise<void> {
    const { org, app } = this.#options.session;
    const { confrId } = membership;
    const room = new CallRoom({
      api: apiOf(this.#options.session),
      membership,
      stream,
      userName,
      inviteLink: inviteLink(location.origin, org, app, confrId),
      recording,
      onOver: (farewell, wasRecorded) =>
        this.#showFiles(confrId, farewell, recording && { ...recording, rec: recording.rec || wasRecorded }),
    });
    this.#setPresence(true);
    this.#place('room', room.element);
    await room.start();
  }

  #showFiles(confrId: string, farewell: Farewell, recording: RecordingChoice | undefined): void {
    this.#setPresence(false);
    this.#files = new CallFiles({
      api: apiOf(this.#options.session),
      player: this.#options.player,
      confrId,
      farewell,
      recording,
      onNewCall: () => this.#startAnew(),
    });
    this.#place('files', this.#files.element);
  }

  #startAnew(): void {
    this.#invitedTo = undefined;
    location.hash = '#/';
    this.#showForm();
  }

  #setPresence(inCall: boolean): void {
    this.#inCall = inCall;
    this.#options.onPresence(inCall);
  }

  #place(name: Stage, element: HTMLElement): void {
    this.#shown = name;
    for (const other of ['form', 'room', 'files']) part(this.#options.root, other, HTMLElement).replaceChildren();
    part(this.#options.root, name, HTMLElement).append(element);
    element.querySelector<HTMLElement>('[data-focus]')?.focus();
  }
}
