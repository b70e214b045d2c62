/** Who of a conference speaks, told a few times a second at most, however many begin and stop. */
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import type { Cancel, Timers } from '../base/timers.ts';

/** Three times a second: a frame around a speaker's picture follows a conversation, and a crowd's noise costs no more. */
const QUIET_MS = 333;

export type SpeakersOptions = {
  timers: Timers;
  /** All of them, in the order in which they began. */
  onChanged(memberIds: MemberId[]): void;
};

export class Speakers {
  readonly #options: SpeakersOptions;
  readonly #speaking = new Map<PubStreamId, MemberId>();
  #told = '';
  #pause: Cancel | undefined;

  constructor(options: SpeakersOptions) {
    this.#options = options;
  }

  set(id: PubStreamId, memberId: MemberId, speaks: boolean): void {
    if (speaks) this.#speaking.set(id, memberId);
    else this.#speaking.delete(id);
    if (this.#pause === undefined) this.#tell();
  }

  forget(id: PubStreamId): void {
    if (this.#speaking.delete(id) && this.#pause === undefined) this.#tell();
  }

  close(): void {
    this.#pause?.();
    this.#speaking.clear();
  }

  #tell(): void {
    const memberIds = [...new Set(this.#speaking.values())];
    const told = memberIds.join();
    if (told === this.#told) return;
    this.#told = told;
    this.#pause = this.#options.timers.after(QUIET_MS, () => {
      this.#pause = undefined;
      this.#tell();
    });
    this.#options.onChanged(memberIds);
  }
}
