import type { CallreelApi } from '@callreel/client/callreel-api.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { Farewell, RecordingChoice } from './call-room.ts';
import { showFailure } from './explain.ts';
import { clearErrors, cloneTemplate, part, setWords } from './page.ts';
import type { Player } from './player.ts';
import { poll } from './polling.ts';
import { RecordingsTable } from './recordings-table.ts';
import type { TextKey } from './texts-en.ts';

const POLL_EVERY_MS = 1_500;
/** Single files come within seconds of leaving; the merged one when the last one left, which nobody knows. */
const WATCH_LIMIT_MS = 5 * 60_000;

export type CallFilesOptions = {
  api: CallreelApi;
  player: Player;
  confrId: string;
  farewell: Farewell;
  recording: RecordingChoice | undefined;
  onNewCall: () => void;
};

/** The files of a call that one has left, shown as they come. */
export class CallFiles {
  readonly element: HTMLElement;
  readonly #options: CallFilesOptions;
  readonly #table: RecordingsTable;
  readonly #closing = new AbortController();
  readonly #sinceMs = performance.now();

  constructor(options: CallFilesOptions) {
    this.#options = options;
    this.element = cloneTemplate('call-files');
    this.#table = new RecordingsTable(options.player);
    part(this.element, 'table', HTMLElement).append(this.#table.element);
    setWords(part(this.element, 'id', HTMLElement), 'callFiles.id', { id: options.confrId });
    part(this.element, 'refresh', HTMLButtonElement).addEventListener('click', () => void this.#look());
    part(this.element, 'again', HTMLButtonElement).addEventListener('click', () => options.onNewCall());
    this.#begin();
  }

  close(): void {
    this.#closing.abort();
  }

  #begin(): void {
    if (this.#options.recording?.rec === false) {
      this.#say('callFiles.none');
      return;
    }
    this.#say(this.#options.farewell === 'left' ? 'callFiles.waiting' : 'callFiles.ended');
    void poll(POLL_EVERY_MS, this.#closing.signal, () => this.#look());
  }

  async #look(): Promise<'again' | 'done'> {
    clearErrors(this.element);
    try {
      const recordings = await this.#options.api.recordingsOf(this.#options.confrId);
      return this.#closing.signal.aborted ? 'done' : this.#show(recordings);
    } catch (error) {
      showFailure(this.element, 'list', error);
      return this.#waitedEnough() ? 'done' : 'again';
    }
  }

  #show(recordings: readonly RecordingView[]): 'again' | 'done' {
    this.#table.show(recordings);
    const merged = recordings.some(({ recordType }) => recordType === 'MERGE_ALL');
    const enough = this.#waitedEnough();
    if (merged) this.#say('callFiles.complete');
    else if (recordings.length > 0) this.#say('callFiles.some', this.#mergeMayCome() && !enough);
    else if (enough) this.#say('callFiles.stillNone');
    return merged || enough ? 'done' : 'again';
  }

  #mergeMayCome(): boolean {
    return this.#options.recording?.recMerge ?? true;
  }

  #waitedEnough(): boolean {
    return performance.now() - this.#sinceMs > WATCH_LIMIT_MS;
  }

  #say(key: TextKey, mergeFollows = false): void {
    const status = part(this.element, 'status', HTMLElement);
    const shown = mergeFollows ? [key, 'callFiles.waitingMerged' as const] : [key];
    if (status.dataset.shown === shown.join()) return;
    status.dataset.shown = shown.join();
    status.replaceChildren(...shown.map(sentence));
  }
}

const sentence = (key: TextKey): HTMLElement => {
  const element = document.createElement('span');
  setWords(element, key);
  return element;
};
