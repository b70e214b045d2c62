/**
 * Keeps what happens in conferences for the timelines of their recordings: it follows every feed and writes what is worth it, of all
 * conferences together. What was noted in the last seconds before a kill is lost; when members and publications came and went is in their rows.
 */
import type { ConfrId } from '@callreel/contract/ids.ts';
import type { Logger } from '../../base/log.ts';
import type { Cancel, Timers } from '../../base/timers.ts';
import type { ChronicleNote } from '../../store/chronicles.ts';
import type { Store } from '../../store/store.ts';
import type { FeedFrame } from '../event-feed.ts';
import { type Clocks, ConferenceNotes } from './conference-notes.ts';

export type ChronicleOptions = {
  store: Pick<Store, 'chronicles'>;
  clocks: Clocks;
  timers: Timers;
  log: Logger;
};

/** A row a conference each time: an hour's call has at most some 700 of them. */
const PAUSE_MS = 5000;
/** A publication's file is listed within two seconds of its end, and its timeline may be asked for at once. */
const SHORT_PAUSE_MS = 200;
/** While the database is away: some tens of megabytes. Then nothing more is noted until it is back. */
const MOST_WAITING = 200_000;

export class Chronicle {
  readonly #options: ChronicleOptions;
  readonly #conferences = new Map<ConfrId, ConferenceNotes>();
  #waiting = new Map<ConfrId, ChronicleNote[]>();
  #count = 0;
  #next: { cancel: Cancel; soon: boolean } | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: ChronicleOptions) {
    this.#options = options;
  }

  /** Every frame of every conference's feed, in order. */
  take(confrId: ConfrId, frame: FeedFrame): void {
    const notes = this.#notesOf(confrId).take(frame);
    const kind = frame.kind === 'event' ? frame.event.kind : undefined;
    if (kind === 'conferenceClosed') this.#conferences.delete(confrId);
    if (notes.length > 0 && this.#count < MOST_WAITING) {
      add(this.#waiting, confrId, notes);
      this.#count += notes.length;
    }
    if (this.#count > 0) this.#writeLater(kind === 'publicationEnded' || kind === 'conferenceClosed');
  }

  /** Writes what waits, where it can be. Idempotent; nothing may be taken afterwards. */
  async close(): Promise<void> {
    await this.#writing;
    this.#next?.cancel();
    this.#next = undefined;
    await this.#write();
  }

  #notesOf(confrId: ConfrId): ConferenceNotes {
    const known = this.#conferences.get(confrId);
    if (known) return known;
    const notes = new ConferenceNotes(this.#options.clocks);
    this.#conferences.set(confrId, notes);
    return notes;
  }

  #writeLater(soon: boolean): void {
    if (this.#writing || (this.#next && (this.#next.soon || !soon))) return;
    this.#next?.cancel();
    const cancel = this.#options.timers.after(soon ? SHORT_PAUSE_MS : PAUSE_MS, () => {
      this.#next = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#count > 0) this.#writeLater(false);
      });
    });
    this.#next = { cancel, soon };
  }

  async #write(): Promise<void> {
    if (this.#count === 0) return;
    const [taken, count] = [this.#waiting, this.#count];
    this.#waiting = new Map();
    this.#count = 0;
    try {
      await this.#options.store.chronicles.append(taken);
    } catch (error) {
      this.#options.log.warn(
        { err: error, notes: count },
        'what happened in conferences could not be written; tried again',
      );
      for (const [confrId, later] of this.#waiting) add(taken, confrId, later);
      this.#waiting = taken;
      this.#count += count;
    }
  }
}

const add = (waiting: Map<ConfrId, ChronicleNote[]>, confrId: ConfrId, notes: readonly ChronicleNote[]): void => {
  const known = waiting.get(confrId);
  if (known === undefined) waiting.set(confrId, [...notes]);
  else for (const note of notes) known.push(note);
};
