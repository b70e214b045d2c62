import type { RecordingView } from '@callreel/contract/recording.ts';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import { clearErrors, find, part, setWords, showError } from './page.ts';
import { downloadUrl, fileEnding, ownerOf, secondsByCause } from './recording-facts.ts';

/** The dialog that plays one file at a time; the browser's own controls seek it. */
export class Player {
  readonly #dialog: HTMLDialogElement;
  readonly #video: HTMLVideoElement;
  readonly #reportOf: (id: number) => Promise<RecordingReport | undefined>;
  #ending = '';
  #shownId: number | undefined;

  /** `reportOf` is asked when a file is opened; without an answer nothing is said of how complete it is. */
  constructor(dialog: HTMLDialogElement, reportOf: (id: number) => Promise<RecordingReport | undefined>) {
    this.#dialog = dialog;
    this.#reportOf = reportOf;
    this.#video = find(dialog, 'video', HTMLVideoElement);
    this.#video.addEventListener('error', () => this.#showFailure());
    part(dialog, 'close', HTMLButtonElement).addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => this.#unload());
    // A click beside the dialog hits the dialog element itself: it has no padding.
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  open(recording: RecordingView, url: string): void {
    clearErrors(this.#dialog);
    this.#describe(recording);
    void this.#tellReport(recording.id);
    this.#ending = fileEnding(url);
    part(this.#dialog, 'download', HTMLAnchorElement).href = downloadUrl(url);
    this.#video.src = url;
    this.#dialog.showModal();
    // Whether a browser starts by itself is its own affair: the controls are there.
    this.#video.play().catch(() => undefined);
  }

  #describe(recording: RecordingView): void {
    const title = { who: ownerOf(recording), what: `@kind.${recording.recordType}` };
    setWords(find(this.#dialog, 'h2', HTMLElement), 'player.title', title);
    setWords(part(this.#dialog, 'facts', HTMLElement), 'player.facts', {
      begin: recording.confrBeginTime,
      when: recording.recordTime,
      until: recording.expireTime,
    });
  }

  async #tellReport(id: number): Promise<void> {
    const told = part(this.#dialog, 'report', HTMLElement);
    told.hidden = true;
    this.#shownId = id;
    const report = await this.#reportOf(id).catch(() => undefined);
    if (report === undefined || this.#shownId !== id) return;
    const verdict = document.createElement('span');
    verdict.dataset.verdict = report.verdict;
    setWords(verdict, `verdict.${report.verdict}`);
    const causes = secondsByCause(report).map(({ cause, seconds }) => {
      const text = document.createElement('span');
      setWords(text, `gap.${cause}`, { seconds });
      return text;
    });
    told.replaceChildren(verdict, ...causes);
    told.hidden = false;
  }

  #showFailure(): void {
    if (!this.#video.hasAttribute('src')) return;
    const fetching = this.#video.error?.code === MediaError.MEDIA_ERR_NETWORK;
    showError(this.#dialog, 'player', fetching ? 'player.cannotFetch' : 'player.cannotPlay', { ending: this.#ending });
  }

  #unload(): void {
    this.#video.pause();
    this.#video.removeAttribute('src');
    this.#video.load();
  }
}
