/** What of one conference's feed is worth keeping, in conference time. Speech is noted in turns, each when it is over. */
import type { ConferenceEvent, ConferenceState } from '@callreel/contract/events.ts';
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import type { ChronicleNote } from '../../store/chronicles.ts';
import type { FeedFrame } from '../event-feed.ts';

export type Clocks = {
  /** Milliseconds on the monotonic clock. */
  nowMs: () => number;
  /** Milliseconds since 1970. */
  wallMs: () => number;
};

type NoteWithoutTime = ChronicleNote extends infer Note
  ? Note extends ChronicleNote
    ? Omit<Note, 'atMs'>
    : never
  : never;

/**
 * A day of nine who talk all the time has fewer. Beyond it only comings and goings are noted, so that a member who switches his microphone
 * without end fills no disk.
 */
const MOST_SMALL_NOTES = 50_000;
const SMALL: ReadonlySet<ChronicleNote['kind']> = new Set(['memberMuted', 'memberSpoke', 'publicationMuted']);

export class ConferenceNotes {
  readonly #clocks: Clocks;
  /** Conference time 0 on the monotonic clock; undefined before the first join. */
  #zeroMs: number | undefined;
  readonly #speakingSince = new Map<MemberId, number>();
  #small = 0;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** Every frame of the feed in order, the opening one first. */
  take(frame: FeedFrame): ChronicleNote[] {
    if (frame.kind === 'event') return this.#takeEvent(frame.event);
    if (frame.kind === 'snapshot') this.#takeOpening(frame.state);
    return [];
  }

  /** One that ran already goes on by wall time: the service was started anew. */
  #takeOpening({ beganAtMs }: ConferenceState): void {
    if (beganAtMs === null) return;
    const { nowMs, wallMs } = this.#clocks;
    this.#zeroMs = nowMs() - (wallMs() - beganAtMs);
  }

  #takeEvent(event: ConferenceEvent): ChronicleNote[] {
    switch (event.kind) {
      case 'conferenceBegan':
        this.#zeroMs = this.#clocks.nowMs();
        return [];
      case 'memberJoined':
        return this.#note({ kind: event.kind, memberId: event.member.memberId as MemberId });
      case 'memberLeft':
      case 'memberLost':
      case 'memberBack':
        return this.#note({ kind: event.kind, memberId: event.memberId as MemberId });
      case 'memberMuted':
        return this.#note({ kind: event.kind, memberId: event.memberId as MemberId, muted: event.muted });
      case 'publicationAdded':
        return this.#note({ kind: event.kind, pubStreamId: event.publication.pubStreamId as PubStreamId });
      case 'publicationLost':
      case 'publicationResumed':
      case 'publicationEnded':
        return this.#note({ kind: event.kind, pubStreamId: event.pubStreamId as PubStreamId });
      case 'publicationMuted': {
        const { kind, audioOff, videoOff } = event;
        return this.#note({ kind, pubStreamId: event.pubStreamId as PubStreamId, audioOff, videoOff });
      }
      case 'speaking':
        return this.#takeSpeaking(event.memberIds as MemberId[]);
      case 'conferenceClosed':
        return this.#takeSpeaking([]);
      // A recording's own report tells what of it was recorded; nothing is shown of roles.
      case 'recordingChanged':
      case 'recordingEmpty':
      case 'roleChanged':
        return [];
    }
  }

  #takeSpeaking(memberIds: readonly MemberId[]): ChronicleNote[] {
    const ended = [...this.#speakingSince].filter(([memberId]) => !memberIds.includes(memberId));
    for (const memberId of memberIds) {
      if (!this.#speakingSince.has(memberId)) this.#speakingSince.set(memberId, this.#atMs() ?? 0);
    }
    return ended.flatMap(([memberId, fromMs]) => {
      this.#speakingSince.delete(memberId);
      return this.#note({ kind: 'memberSpoke', memberId, fromMs });
    });
  }

  #note(note: NoteWithoutTime): ChronicleNote[] {
    const atMs = this.#atMs();
    if (atMs === undefined || (SMALL.has(note.kind) && ++this.#small > MOST_SMALL_NOTES)) return [];
    return [{ atMs, ...note }];
  }

  #atMs(): number | undefined {
    return this.#zeroMs === undefined ? undefined : Math.max(0, Math.round(this.#clocks.nowMs() - this.#zeroMs));
  }
}
