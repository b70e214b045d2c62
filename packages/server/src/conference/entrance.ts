/** What is asked before a join: which conference goes by a name, and as what one may come in. */
import type { CreateConferenceBody, Role } from '@callreel/contract/conference.ts';
import type { ConfrId, UserName } from '@callreel/contract/ids.ts';
import type { AppRecord } from '../store/rows.ts';
import { admit, type JoinRequest } from './admission.ts';
import type { ConferenceRegistry } from './conference-registry.ts';
import type { FoundingWish } from './founding.ts';
import type { LiveConference } from './live-conference.ts';
import { Turns } from './turns.ts';

export type EntranceOptions = {
  live: ConferenceRegistry;
  found(app: AppRecord, body: CreateConferenceBody, wish: FoundingWish): Promise<LiveConference>;
};

export class Entrance {
  readonly #options: EntranceOptions;
  /** Two who come at once make one conference. */
  readonly #turns = new Turns<string>();

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /**
   * The role that a join would have now, if it went well.
   * @throws ConferenceError `notFound`, `banned`, `wrongPassword`, `talkerLimit`, `audienceLimit`
   */
  roleFor(app: AppRecord, confrId: ConfrId, request: JoinRequest): Role {
    return admit(this.#options.live.conference(app.id, confrId), request);
  }

  /** The open conference of this name; where there is none it is made. @throws ConferenceError `busy` */
  enterRoom(
    app: AppRecord,
    roomName: string,
    body: CreateConferenceBody,
    creator: UserName,
  ): Promise<{ confrId: ConfrId; isNew: boolean }> {
    const { live, found } = this.#options;
    return this.#turns.take(`${app.id} ${roomName}`, async () => {
      const open = live.ofRoom(app.id, roomName);
      if (open) return { confrId: open.id, isNew: false };
      return { confrId: (await found(app, body, { creator, roomName })).id, isNew: true };
    });
  }
}
