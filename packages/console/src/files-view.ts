import type { RecordingPage } from '@callreel/contract/recording.ts';
import { isSignedOut, showFailure } from './explain.ts';
import { clearErrors, find, part, setWords, showError } from './page.ts';
import type { Player } from './player.ts';
import { RecordingsTable } from './recordings-table.ts';
import { apiOf, type Session } from './session.ts';
import { dateIn, daysBefore, spanOfDates, type TimeSpan } from './time-span.ts';

const PAGE_LENGTH = 20;

export type FilesViewOptions = {
  root: HTMLElement;
  session: Session;
  player: Player;
  /** The service's display time zone, an IANA name. */
  timeZone: string;
  onSignedOut: () => void;
};

type Listing = { span: TimeSpan; mergedOnly: boolean };

/** The files section: those of a span of time, page by page. The newest first: it is mostly the last call that somebody looks for. */
export class FilesView {
  readonly #options: FilesViewOptions;
  readonly #table: RecordingsTable;
  readonly #form: HTMLFormElement;
  readonly #more: HTMLButtonElement;
  #listing: Listing | undefined;
  /** That of the last page shown; undefined before the first. */
  #cursor: string | undefined;

  constructor(options: FilesViewOptions) {
    this.#options = options;
    this.#table = new RecordingsTable(options.player);
    this.#form = find(options.root, 'form', HTMLFormElement);
    this.#more = part(options.root, 'more', HTMLButtonElement);
    part(options.root, 'table', HTMLElement).replaceChildren(this.#table.element);
    setWords(part(options.root, 'zone', HTMLElement), 'files.zone', { zone: options.timeZone });
    this.#presetDates();
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      void this.refresh();
    };
    this.#form.onchange = () => this.#choiceChanged();
    this.#more.onclick = () => void this.#nextPage();
  }

  /** Lists anew what the form says. */
  async refresh(): Promise<void> {
    clearErrors(this.#options.root);
    const span = this.#chosenSpan();
    if (span === undefined) return;
    this.#listing = { span, mergedOnly: this.#input('[name="mergedOnly"]').checked };
    this.#cursor = undefined;
    await this.#nextPage();
  }

  get #today(): string {
    return dateIn(this.#options.timeZone, Date.now());
  }

  #input(selector: string): HTMLInputElement {
    return find(this.#form, `input${selector}`, HTMLInputElement);
  }

  #presetDates(): void {
    this.#input('[name="from"]').value = daysBefore(this.#today, 29);
    this.#input('[name="to"]').value = this.#today;
  }

  /** A choice lists at once; dates are typed piece by piece and wait for the button. */
  #choiceChanged(): void {
    const byDates = this.#input('[name="span"]:checked').value === 'dates';
    part(this.#form, 'dates', HTMLElement).hidden = !byDates;
    setWords(find(this.#form, 'button', HTMLElement), byDates ? 'files.show' : 'files.refresh');
    if (!byDates) void this.refresh();
  }

  #chosenSpan(): TimeSpan | undefined {
    const today = this.#today;
    const choice = this.#input('[name="span"]:checked').value;
    if (choice === 'today') return spanOfDates(today, today);
    if (choice === 'week') return spanOfDates(daysBefore(today, 6), today);
    return this.#pickedSpan();
  }

  #pickedSpan(): TimeSpan | undefined {
    const from = this.#input('[name="from"]').value;
    const to = this.#input('[name="to"]').value;
    if (from === '' || to === '') showError(this.#form, 'dates', 'files.datesMissing');
    else if (from > to) showError(this.#form, 'dates', 'files.datesReversed');
    else return spanOfDates(from, to);
    return undefined;
  }

  async #nextPage(): Promise<void> {
    const listing = this.#listing;
    if (listing === undefined) return;
    this.#more.disabled = true;
    const page = await this.#fetchPage(listing);
    this.#more.disabled = false;
    // A choice made in the meantime asks for another list.
    if (page !== undefined && listing === this.#listing) this.#showPage(page);
  }

  async #fetchPage({ span, mergedOnly }: Listing): Promise<RecordingPage | undefined> {
    const query = { ...span, length: PAGE_LENGTH, mergedOnly, cursor: this.#cursor };
    try {
      return await apiOf(this.#options.session).newestRecordings(query);
    } catch (error) {
      if (isSignedOut(error)) this.#options.onSignedOut();
      else this.#showFailure(error);
      return undefined;
    }
  }

  #showFailure(error: unknown): void {
    if (this.#cursor === undefined) this.#table.clear();
    showFailure(this.#options.root, 'list', error);
  }

  /** A list that is there stays until the next one has come: nothing flickers. */
  #showPage({ recordings, cursor }: RecordingPage): void {
    const isFirst = this.#cursor === undefined;
    if (isFirst) this.#table.clear();
    this.#table.append(recordings);
    if (isFirst && recordings.length === 0) this.#table.showEmpty('files.empty');
    this.#cursor = cursor;
    this.#more.hidden = cursor === undefined;
  }
}
