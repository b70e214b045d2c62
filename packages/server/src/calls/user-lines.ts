/** Where users are reached: the feed of each one's events, and the devices that follow it. */
import { applyUserEvent } from '@callreel/contract/call-state.ts';
import type { UserEvent, UserState } from '@callreel/contract/calls.ts';
import type { EventCursor } from '@callreel/contract/events.ts';
import type { ConfrId, IdSource, UserName } from '@callreel/contract/ids.ts';
import type { Cancel, Timers } from '../base/timers.ts';
import { EventFeed, type FeedFrame, type StopFollowing } from '../conference/event-feed.ts';
import type { Joined } from '../conference/joining.ts';
import type { AppRecord } from '../store/rows.ts';

/** A socket of a user's, and those that went on with it. */
export type Device = {
  app: AppRecord;
  userName: UserName;
  id: string;
  /** The user's token that it was opened with. */
  token: string;
};

/** As on the wire, but that the facts of a join are in it with the device they are for. */
export type LineEvent =
  | Exclude<UserEvent, { kind: 'callUp' }>
  | { kind: 'callUp'; callId: string; confrId: ConfrId; device: string; joined: Joined };
export type LineFrame = FeedFrame<UserState, LineEvent>;

export type UserLinesOptions = {
  ids: IdSource;
  timers: Timers;
  /** No device of the user's is connected, and none came back in time. */
  onUnreachable(app: AppRecord, userName: UserName): void;
  /** This one did not come back in time. */
  onDeviceGone(device: Device): void;
};

type Connected = { device: Device; sockets: number; gone: Cancel | undefined };
type Line = { feed: EventFeed<UserState, LineEvent>; devices: Map<string, Connected>; forget: Cancel | undefined };

/** A page that is loaded anew, or changes from one network to another, is back by then. */
const BACK_WITHIN_MS = 10_000;
/** Longer than a call rings, so that who comes back learns what became of it. */
const KEPT_FOR_MS = 60_000;
const KEPT_EVENTS = 32;
const EPOCH_BYTES = 9;

const keyOf = (app: AppRecord, userName: UserName): string => `${app.id} ${userName}`;

export class UserLines {
  readonly #options: UserLinesOptions;
  readonly #lines = new Map<string, Line>();

  constructor(options: UserLinesOptions) {
    this.#options = options;
  }

  /** The device is there until what this returns is called. */
  follow(device: Device, since: EventCursor | undefined, follower: (frame: LineFrame) => void): StopFollowing {
    const line = this.#lineOf(device);
    const stop = line.feed.follow(since, follower);
    const connected = line.devices.get(device.id) ?? { device, sockets: 0, gone: undefined };
    connected.gone?.();
    // The newest is last.
    line.devices.delete(device.id);
    line.devices.set(device.id, { device, sockets: connected.sockets + 1, gone: undefined });
    let open = true;
    return () => {
      stop();
      if (open) this.#disconnect(line, device);
      open = false;
    };
  }

  isReachable(app: AppRecord, userName: UserName): boolean {
    return this.#connected(app, userName).length > 0;
  }

  /** A device that is connected: of this id, or the newest. */
  device(app: AppRecord, userName: UserName, id: string | undefined): Device | undefined {
    const connected = this.#connected(app, userName);
    return id === undefined ? connected.at(-1) : connected.find((device) => device.id === id);
  }

  publish(app: AppRecord, userName: UserName, event: LineEvent): void {
    this.#lines.get(keyOf(app, userName))?.feed.publish(event);
  }

  close(): void {
    for (const { devices, forget } of this.#lines.values()) {
      forget?.();
      for (const { gone } of devices.values()) gone?.();
    }
    this.#lines.clear();
  }

  #connected(app: AppRecord, userName: UserName): Device[] {
    const devices = this.#lines.get(keyOf(app, userName))?.devices.values() ?? [];
    return [...devices].filter(({ sockets }) => sockets > 0).map(({ device }) => device);
  }

  #lineOf({ app, userName }: Device): Line {
    const key = keyOf(app, userName);
    const line = this.#lines.get(key) ?? { feed: this.#newFeed(userName), devices: new Map(), forget: undefined };
    line.forget?.();
    line.forget = undefined;
    this.#lines.set(key, line);
    return line;
  }

  #newFeed(userName: UserName): EventFeed<UserState, LineEvent> {
    const { ids } = this.#options;
    return new EventFeed<UserState, LineEvent>({
      epoch: Buffer.from(ids.randomBytes(EPOCH_BYTES)).toString('base64url'),
      state: { userName, call: null },
      apply: applyUserEvent,
      nowMs: () => ids.nowMs(),
      kept: KEPT_EVENTS,
    });
  }

  #disconnect(line: Line, device: Device): void {
    const connected = line.devices.get(device.id);
    if (connected === undefined) return;
    connected.sockets -= 1;
    if (connected.sockets > 0) return;
    const { timers } = this.#options;
    connected.gone = timers.after(BACK_WITHIN_MS, () => this.#lose(line, device));
    const isSilent = [...line.devices.values()].every(({ sockets }) => sockets === 0);
    if (isSilent) line.forget = timers.after(KEPT_FOR_MS, () => this.#lines.delete(keyOf(device.app, device.userName)));
  }

  #lose(line: Line, device: Device): void {
    line.devices.delete(device.id);
    this.#options.onDeviceGone(device);
    if (line.devices.size === 0) this.#options.onUnreachable(device.app, device.userName);
  }
}
