/** The way of a conference: whatever happens steps its state (`lifecycle.ts`), is told to its followers, and has its consequences carried out. */
import type { ConfrId } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import { eventsOf, stateOf } from './announcements.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { EventHub } from './event-hub.ts';
import type { Effect } from './life.ts';
import { type LifeEvent, step } from './lifecycle.ts';
import { expiryOf, type LiveConference } from './live-conference.ts';
import type { Turns } from './turns.ts';

export type CourseOptions = {
  live: ConferenceRegistry;
  turns: Turns<ConfrId>;
  hub: EventHub;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  log: Logger;
  enact(conference: LiveConference, effects: readonly Effect[], at: Date): Promise<void>;
};

export class Course {
  readonly #options: CourseOptions;
  #closed = false;

  constructor(options: CourseOptions) {
    this.#options = options;
  }

  /** From now on it can be found and followed, and ends by itself. */
  begin(conference: LiveConference): void {
    const { live, hub } = this.#options;
    live.add(conference);
    hub.open(conference.id, stateOf(conference));
    this.setEnd(conference);
  }

  /** To be called in the conference's turn. `at`: when what happened came about; now, unless given. */
  async step(conference: LiveConference, event: LifeEvent, at = this.#now()): Promise<void> {
    const { live, hub, enact } = this.#options;
    const before = conference.life;
    const stepped = step(before, event);
    conference.life = stepped.life;
    hub.publish(conference.id, eventsOf(conference, before, stepped));
    if (stepped.life.phase === 'ended') {
      live.remove(conference.id);
      hub.close(conference.id);
    }
    await enact(conference, stepped.effects, at);
  }

  /** Of what comes about by itself. */
  handle(conference: LiveConference, event: LifeEvent): void {
    this.inBackground([this.#options.turns.take(conference.id, () => this.step(conference, event))]);
  }

  inBackground(steps: readonly Promise<void>[]): void {
    for (const step of steps) {
      step.catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'a conference could not be brought up to date'),
      );
    }
  }

  /** Its end by itself: nobody came within its delay, or a day is over. */
  setEnd(conference: LiveConference): void {
    if (this.#closed) return;
    const kind = conference.life.phase === 'waiting' ? 'delayOver' : 'expired';
    const waitMs = expiryOf(conference).getTime() - this.#options.nowMs();
    conference.timers.setEnd(waitMs, () => this.handle(conference, { kind }));
  }

  /** None ends by itself any more. */
  close(): void {
    this.#closed = true;
  }

  #now(): Date {
    return new Date(this.#options.nowMs());
  }
}
