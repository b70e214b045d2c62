import { part, setWords } from './page.ts';

/** The invitation link and the button that copies it. */
export class InviteBox {
  readonly #link: HTMLInputElement;
  readonly #note: HTMLElement;

  constructor(root: HTMLElement, link: string) {
    this.#link = part(root, 'link', HTMLInputElement);
    this.#note = part(root, 'copied', HTMLElement);
    this.#link.value = link;
    this.#link.addEventListener('focus', () => this.#link.select());
    part(root, 'copy', HTMLButtonElement).addEventListener('click', () => void this.#copy());
  }

  /** The clipboard is there on HTTPS and localhost alone, and may be forbidden: then the link is selected for copying by hand. */
  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#link.value);
      setWords(this.#note, 'room.copied');
    } catch {
      this.#link.select();
      setWords(this.#note, 'room.copyByHand');
    }
  }
}
