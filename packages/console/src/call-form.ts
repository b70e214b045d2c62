import type { CaptureChoice } from '@callreel/client/capture.ts';
import { showFailure } from './explain.ts';
import { clearErrors, cloneTemplate, find, part, setWords, showError } from './page.ts';

export type CallWish = {
  userName: string;
  capture: CaptureChoice;
  recording: { rec: boolean; recMerge: boolean };
};

/** Where a failure belongs: beside the devices, or beside the button. */
export type FailurePlace = 'devices' | 'form';

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const NAME_STORAGE_KEY = 'callreel.userName';

/** Asks for what a call needs, to start one or to join the one of `invitedTo`. */
export class CallForm {
  readonly element: HTMLElement;
  readonly #form: HTMLFormElement;
  readonly #onWish: (wish: CallWish) => Promise<void>;

  constructor(invitedTo: string | undefined, onWish: (wish: CallWish) => Promise<void>) {
    this.element = cloneTemplate('call-form');
    this.#form = find(this.element, 'form', HTMLFormElement);
    this.#onWish = onWish;
    this.#input('userName').value = localStorage.getItem(NAME_STORAGE_KEY) ?? '';
    if (invitedTo !== undefined) this.#invite(invitedTo);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#tieMergingToRecording();
  }

  showProgress(step: 'opening' | 'joining'): void {
    setWords(this.#submitButton, `form.${step}`);
  }

  showFailure(place: FailurePlace, error: unknown): void {
    showFailure(this.element, place, error);
  }

  get #submitButton(): HTMLButtonElement {
    return part(this.element, 'submit', HTMLButtonElement);
  }

  #input(name: string): HTMLInputElement {
    return find(this.#form, `input[name="${name}"]`, HTMLInputElement);
  }

  #invite(confrId: string): void {
    setWords(part(this.element, 'title', HTMLElement), 'form.join');
    setWords(this.#submitButton, 'form.joinAction');
    const invited = part(this.element, 'invited', HTMLElement);
    invited.hidden = false;
    setWords(invited, 'form.invited', { id: confrId });
    part(this.element, 'recording', HTMLElement).hidden = true;
    part(this.element, 'decline', HTMLElement).hidden = false;
  }

  /** Merging implies recording, so one cannot be wanted without the other. */
  #tieMergingToRecording(): void {
    const rec = this.#input('rec');
    const recMerge = this.#input('recMerge');
    rec.addEventListener('change', () => {
      recMerge.disabled = !rec.checked;
      recMerge.checked = rec.checked;
    });
  }

  async #submit(): Promise<void> {
    clearErrors(this.element);
    const wish = this.#wish();
    if (!this.#check(wish)) return;
    localStorage.setItem(NAME_STORAGE_KEY, wish.userName);
    const button = this.#submitButton;
    const key = part(this.element, 'recording', HTMLElement).hidden ? 'form.joinAction' : 'form.startAction';
    button.disabled = true;
    await this.#onWish(wish);
    button.disabled = false;
    setWords(button, key);
  }

  #wish(): CallWish {
    const checked = (name: string) => this.#input(name).checked;
    return {
      userName: this.#input('userName').value.trim(),
      capture: { camera: checked('camera'), microphone: checked('microphone') },
      recording: { rec: checked('rec'), recMerge: checked('recMerge') },
    };
  }

  #check({ userName, capture }: CallWish): boolean {
    if (!NAME.test(userName)) {
      showError(this.element, 'name', 'form.nameBad');
      this.#input('userName').focus();
      return false;
    }
    const something = capture.camera || capture.microphone;
    if (!something) showError(this.element, 'devices', 'form.nothing');
    return something;
  }
}
