/** The conferences in which someone is with the vendor's web SDK. */
import type { ConfrId } from '@callreel/contract/ids.ts';
import type { AppRecord } from '../../store/rows.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { Room } from './room.ts';

export type RoomsOptions = {
  conferences: Pick<ConferencesPort, 'events'>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
};

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<ConfrId, Room>();

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  find(confrId: ConfrId): Room | undefined {
    return this.#rooms.get(confrId);
  }

  /** Until nobody is left in it. @throws ConferenceError `notFound` */
  open(app: AppRecord, confrId: ConfrId): Room {
    const known = this.#rooms.get(confrId);
    if (known) return known;
    const { conferences, nowMs } = this.#options;
    const room = new Room({
      ...{ app, confrId, firstVersion: nowMs() },
      onEmpty: () => {
        this.#rooms.delete(confrId);
        stop();
      },
    });
    const stop = conferences.events.follow(app.id, confrId, undefined, (frame) => room.handle(frame));
    this.#rooms.set(confrId, room);
    return room;
  }
}
