import { ClientError } from '@callreel/client/client-error.ts';
import { showFailure } from './explain.ts';
import { clearErrors, find, part, setWords, showError } from './page.ts';
import { type Credentials, type Session, signIn } from './session.ts';
import type { TextKey } from './texts-en.ts';

const PLACES: Readonly<Record<string, string>> = { unknownApp: 'app', wrongSecret: 'secret' };

/** The sign-in section. */
export class SignInView {
  readonly #root: HTMLElement;
  readonly #form: HTMLFormElement;
  readonly #onSession: (session: Session) => void;

  constructor(root: HTMLElement, onSession: (session: Session) => void) {
    this.#root = root;
    this.#form = find(root, 'form', HTMLFormElement);
    this.#onSession = onSession;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
  }

  /** Says why one has to sign in, and fills in what an invitation tells. */
  prepare(notice: TextKey | undefined, app?: { org: string; app: string }): void {
    const place = part(this.#root, 'notice', HTMLElement);
    place.hidden = notice === undefined;
    if (notice !== undefined) setWords(place, notice);
    if (app !== undefined) {
      this.#input('org').value = app.org;
      this.#input('app').value = app.app;
    }
    this.#firstEmpty()?.focus();
  }

  #input(name: keyof Credentials): HTMLInputElement {
    return find(this.#form, `input[name="${name}"]`, HTMLInputElement);
  }

  #firstEmpty(): HTMLInputElement | undefined {
    return [...this.#form.querySelectorAll('input')].find(({ value }) => value.trim() === '');
  }

  async #submit(): Promise<void> {
    clearErrors(this.#root);
    const empty = this.#firstEmpty();
    if (empty !== undefined) {
      showError(this.#root, 'form', 'signIn.incomplete');
      empty.focus();
      return;
    }
    const button = find(this.#form, 'button', HTMLButtonElement);
    button.disabled = true;
    await this.#signIn();
    button.disabled = false;
  }

  async #signIn(): Promise<void> {
    const value = (name: keyof Credentials) => this.#input(name).value.trim();
    const credentials = {
      org: value('org'),
      app: value('app'),
      clientId: value('clientId'),
      clientSecret: value('clientSecret'),
    };
    try {
      const session = await signIn(credentials);
      this.#input('clientSecret').value = '';
      this.#onSession(session);
    } catch (error) {
      const reason = error instanceof ClientError ? error.reason : '';
      showFailure(this.#root, PLACES[reason] ?? 'form', error);
    }
  }
}
