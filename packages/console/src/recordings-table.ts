import type { RecordingView } from '@callreel/contract/recording.ts';
import { DurationProbe } from './duration-probe.ts';
import { cloneTemplate, find, part, setLabel, setWords } from './page.ts';
import type { Player } from './player.ts';
import { downloadUrl, fileEnding, formatDuration, ownerOf } from './recording-facts.ts';
import type { TextKey } from './texts-en.ts';
import { atThisOrigin } from './this-origin.ts';

const probe = new DurationProbe();

/** A table of files, each with its buttons to play and to download. */
export class RecordingsTable {
  readonly element: HTMLElement;
  readonly #player: Player;
  readonly #rows: HTMLElement;
  readonly #shownIds = new Set<number>();
  #stopProbing = new AbortController();

  constructor(player: Player) {
    this.#player = player;
    this.element = cloneTemplate('recordings-table');
    this.#rows = find(this.element, 'tbody', HTMLElement);
    keepRoles(this.element);
    this.showEmpty(undefined);
  }

  /** Shows these files and no others; rows that are there already stay as they are. */
  show(recordings: readonly RecordingView[]): void {
    const wanted = new Set(recordings.map(({ id }) => id));
    if ([...this.#shownIds].some((id) => !wanted.has(id))) this.clear();
    this.append(recordings.filter(({ id }) => !this.#shownIds.has(id)));
  }

  append(recordings: readonly RecordingView[]): void {
    for (const recording of recordings) {
      this.#shownIds.add(recording.id);
      this.#rows.append(this.#row(recording));
    }
    this.showEmpty(undefined);
  }

  clear(): void {
    this.#stopProbing.abort();
    this.#stopProbing = new AbortController();
    this.#shownIds.clear();
    this.#rows.replaceChildren();
    this.showEmpty(undefined);
  }

  /** Says in words that there is nothing, in place of an empty table. */
  showEmpty(key: TextKey | undefined): void {
    const empty = part(this.element, 'empty', HTMLElement);
    empty.hidden = key === undefined;
    find(this.element, 'table', HTMLElement).hidden = this.#shownIds.size === 0;
    if (key !== undefined) setWords(empty, key);
  }

  #row(recording: RecordingView): HTMLElement {
    const row = find(cloneTemplate('recordings-row'), 'tr', HTMLTableRowElement);
    row.dataset.id = String(recording.id);
    row.dataset.type = recording.recordType;
    keepRoles(row);
    const url = atThisOrigin(recording.url);
    this.#describe(row, recording);
    this.#wire(row, recording, url);
    void probe.lengthOf(recording.id, url, this.#stopProbing.signal).then((seconds) => {
      find(row, '.duration', HTMLElement).textContent = seconds === undefined ? '–' : formatDuration(seconds);
    });
    return row;
  }

  #describe(row: HTMLElement, recording: RecordingView): void {
    setWords(find(row, '.who', HTMLElement), 'table.owner', { who: ownerOf(recording) });
    setWords(find(row, '.kind', HTMLElement), `kind.${recording.recordType}`);
    find(row, '.ending', HTMLElement).textContent = fileEnding(recording.url);
    find(row, '.duration', HTMLElement).textContent = '…';
    find(row, '.when', HTMLElement).textContent = recording.recordTime;
  }

  #wire(row: HTMLElement, recording: RecordingView, url: string): void {
    const values = { who: ownerOf(recording), what: `@kind.${recording.recordType}`, when: recording.recordTime };
    const play = part(row, 'play', HTMLButtonElement);
    setLabel(play, 'table.playFile', values);
    play.addEventListener('click', () => this.#player.open(recording, url));
    const download = part(row, 'download', HTMLAnchorElement);
    setLabel(download, 'table.downloadFile', values);
    download.href = downloadUrl(url);
    download.download = '';
  }
}

const ROLES: Readonly<Record<string, string>> = {
  TABLE: 'table',
  THEAD: 'rowgroup',
  TBODY: 'rowgroup',
  TR: 'row',
  TH: 'columnheader',
  TD: 'cell',
};

/** On narrow screens the style sheet lays rows out as cards; browsers then forget that they are a table's, unless told. */
const keepRoles = (root: HTMLElement): void => {
  for (const element of [root, ...root.querySelectorAll('*')]) {
    const role = ROLES[element.tagName];
    if (role !== undefined) element.setAttribute('role', role);
  }
};
