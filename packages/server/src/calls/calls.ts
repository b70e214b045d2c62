/**
 * One-to-one calls until they are answered: who rings whom, and what becomes of it. From then on a call is a conference of two
 * (`conference/pairs.ts`), whose members leave, are held and end as any; what rings is kept in memory alone.
 */
import type { CallInfo, StartCallView } from '@callreel/contract/calls.ts';
import type { EventCursor } from '@callreel/contract/events.ts';
import { type IdSource, makeAccessId, type UserName } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Cancel, systemTimers, type Timers } from '../base/timers.ts';
import type { JoinRequest } from '../conference/admission.ts';
import type { Conferences, Joined } from '../conference/conferences.ts';
import type { StopFollowing } from '../conference/event-feed.ts';
import type { PairMade } from '../conference/pairs.ts';
import type { AppRecord } from '../store/rows.ts';
import { CallError } from './call-error.ts';
import { type RingEffect, type RingEvent, type RingState, stepRing } from './ring.ts';
import { type Device, type LineEvent, type LineFrame, UserLines } from './user-lines.ts';

export type CallsOptions = {
  conferences: Pick<Conferences, 'pairs' | 'dissolve' | 'events'>;
  ids: IdSource;
  log: Logger;
  /** The system's, unless given. */
  timers?: Timers;
};

export type CallWish = {
  to: UserName;
  device: string | undefined;
  rec: boolean;
  recMerge: boolean;
  ext: string | null;
};

/** What a device says of a call that rings. */
export type CallAnswer = 'accept' | 'refuse' | 'cancel';

type Call = {
  info: CallInfo;
  recMerge: boolean;
  caller: Device;
  /** The one that accepted. */
  callee: Device | undefined;
  calleeName: UserName;
  state: RingState;
  stopRinging: Cancel;
  made: PairMade | undefined;
};

const EVENT_OF: Readonly<Record<CallAnswer, RingEvent>> = {
  accept: { kind: 'accept' },
  refuse: { kind: 'giveUp', reason: 'refused' },
  cancel: { kind: 'giveUp', reason: 'cancelled' },
};

/** As long as telephones ring. */
const RING_MS = 45_000;
/** By then whoever was told to come has opened the conference's events; who has not is held, and then out. */
const COME_WITHIN_MS = 30_000;

const joinOf = ({ userName, token: userToken }: Device): JoinRequest => ({
  ...{ userName, userToken, role: 'talker', trusted: true },
});

const keyOf = (app: AppRecord, userName: string): string => `${app.id} ${userName}`;

export class Calls {
  readonly #options: CallsOptions;
  readonly #timers: Timers;
  readonly #lines: UserLines;
  /** Twice each: by its caller and by its callee. A user has one at a time. */
  readonly #byUser = new Map<string, Call>();
  readonly #pending = new Set<Promise<void>>();
  readonly #stops = new Set<() => void>();
  #closing = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#lines = new UserLines({
      ids: options.ids,
      timers: this.#timers,
      onUnreachable: (app, userName) => this.#handleUnreachable(app, userName),
      onDeviceGone: (device) => this.#handleDeviceGone(device),
    });
  }

  /** Tells what happens to a user, from now on or from the event after `since` on; the device may be rung meanwhile. */
  follow(device: Device, since: EventCursor | undefined, follower: (frame: LineFrame) => void): StopFollowing {
    return this.#lines.follow(device, since, follower);
  }

  /** @throws CallError `self`, `noDevice`, `inCall`, `stopping` */
  start(app: AppRecord, userName: UserName, wish: CallWish): StartCallView {
    if (this.#closing) throw CallError.stopping();
    if (wish.to === userName) throw CallError.self();
    if (!this.#lines.isReachable(app, wish.to)) return { callId: null, state: 'offline' };
    const caller = this.#lines.device(app, userName, wish.device);
    if (caller === undefined) throw CallError.noDevice();
    const own = this.#byUser.get(keyOf(app, userName));
    if (own !== undefined) return this.#meet(own, caller, wish);
    if (this.#options.conferences.pairs.hold(app, userName)) throw CallError.inCall();
    const isBusy = this.#byUser.has(keyOf(app, wish.to)) || this.#options.conferences.pairs.hold(app, wish.to);
    if (isBusy) return { callId: null, state: 'busy' };
    return { callId: this.#ring(caller, wish).info.callId, state: 'ringing' };
  }

  /** @throws CallError `notFound`, `notYours`, `answered` */
  answer(device: Device, callId: string, answer: CallAnswer): void {
    const call = this.#byUser.get(keyOf(device.app, device.userName));
    if (call?.info.callId !== callId) throw CallError.notFound();
    const isCaller = call.caller.userName === device.userName;
    if (isCaller !== (answer === 'cancel')) throw CallError.notYours(answer);
    if (!isCaller && call.state.kind !== 'ringing') throw CallError.answered();
    if (answer === 'accept') call.callee = device;
    this.#step(call, EVENT_OF[answer]);
  }

  /** Gives up what rings; resolves when nothing is being made any more. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const call of new Set(this.#byUser.values())) this.#step(call, { kind: 'giveUp', reason: 'serviceStops' });
    await Promise.all(this.#pending);
    for (const stop of [...this.#stops]) stop();
    this.#lines.close();
  }

  /** Two who ring each other at the same moment want to talk: the second call is the answer to the first. */
  #meet(call: Call, device: Device, wish: CallWish): StartCallView {
    const isTheirs = call.calleeName === device.userName && call.caller.userName === wish.to;
    if (!isTheirs || call.state.kind !== 'ringing') throw CallError.inCall();
    call.info = { ...call.info, rec: call.info.rec || wish.rec || wish.recMerge };
    call.recMerge ||= wish.recMerge;
    this.answer(device, call.info.callId, 'accept');
    return { callId: call.info.callId, state: 'accepted' };
  }

  #ring(caller: Device, { to, rec, recMerge, ext }: CallWish): Call {
    const { ids } = this.#options;
    const callId = makeAccessId(ids).replace('HI', 'CALL');
    const info = { callId, from: caller.userName, to, rec: rec || recMerge, ext, endsAtMs: ids.nowMs() + RING_MS };
    const call: Call = {
      ...{ info, recMerge, caller, callee: undefined, calleeName: to, made: undefined },
      state: { kind: 'ringing' },
      stopRinging: this.#timers.after(RING_MS, () => this.#step(call, { kind: 'giveUp', reason: 'noAnswer' })),
    };
    this.#byUser.set(keyOf(caller.app, caller.userName), call);
    this.#byUser.set(keyOf(caller.app, to), call);
    this.#tellBoth(call, { kind: 'callRinging', call: info });
    return call;
  }

  #step(call: Call, event: RingEvent): void {
    const { state, effects } = stepRing(call.state, event);
    call.state = state;
    for (const effect of effects) this.#enact(call, effect);
    if (state.kind === 'over') this.#forget(call);
  }

  #enact(call: Call, effect: RingEffect): void {
    switch (effect.kind) {
      case 'stopRinging':
        call.stopRinging();
        break;
      case 'connect':
        this.#inBackground(this.#connect(call));
        break;
      case 'tellUp':
        this.#tellUp(call);
        break;
      case 'tellEnded':
        this.#tellBoth(call, { kind: 'callEnded', callId: call.info.callId, reason: effect.reason });
        break;
      case 'dissolve':
        this.#inBackground(this.#dissolve(call));
        break;
    }
  }

  async #connect(call: Call): Promise<void> {
    const { caller, callee, info, recMerge } = call;
    if (callee === undefined) throw new TypeError('call: nobody accepted it');
    const wish = { rec: info.rec, recMerge };
    try {
      call.made = await this.#options.conferences.pairs.make(caller.app, wish, [joinOf(caller), joinOf(callee)]);
      this.#awaitBoth(call, call.made);
      this.#step(call, { kind: 'made' });
    } catch (error) {
      this.#options.log.warn({ err: error, callId: info.callId }, 'a call could not be connected');
      this.#step(call, { kind: 'notMade' });
    }
  }

  /** Who is told to come is taken for there until he must have come. */
  #awaitBoth({ caller, calleeName }: Call, { confrId, joined: [callers, callees] }: PairMade): void {
    const { events } = this.#options.conferences;
    const place = { appId: caller.app.id, confrId };
    const ends = [
      events.attend({ ...place, memberId: callers.memberId, userName: caller.userName }),
      events.attend({ ...place, memberId: callees.memberId, userName: calleeName }),
    ];
    const stop = (): void => {
      this.#stops.delete(stop);
      cancel();
      for (const end of ends) end();
    };
    const cancel = this.#timers.after(COME_WITHIN_MS, stop);
    this.#stops.add(stop);
  }

  async #dissolve({ caller, made }: Call): Promise<void> {
    if (made === undefined) return;
    await this.#options.conferences.dissolve(caller.app, made.confrId).catch((error: unknown) => {
      this.#options.log.warn({ err: error, confrId: made.confrId }, 'a call that nobody wants was not dissolved');
    });
  }

  #tellUp({ info: { callId }, caller, callee, made }: Call): void {
    if (callee === undefined || made === undefined) throw new TypeError('call: it is not up');
    const [callers, callees] = made.joined;
    const tell = ({ app, userName, id: device }: Device, joined: Joined) =>
      this.#lines.publish(app, userName, { kind: 'callUp', callId, confrId: made.confrId, device, joined });
    tell(caller, callers);
    tell(callee, callees);
  }

  #tellBoth({ caller, calleeName }: Call, event: LineEvent): void {
    for (const userName of [caller.userName, calleeName]) this.#lines.publish(caller.app, userName, event);
  }

  #forget(call: Call): void {
    for (const userName of [call.caller.userName, call.calleeName]) {
      const key = keyOf(call.caller.app, userName);
      if (this.#byUser.get(key) === call) this.#byUser.delete(key);
    }
  }

  #handleUnreachable(app: AppRecord, userName: UserName): void {
    const call = this.#byUser.get(keyOf(app, userName));
    if (call?.calleeName === userName) this.#step(call, { kind: 'giveUp', reason: 'offline' });
  }

  #handleDeviceGone({ app, userName, id }: Device): void {
    const call = this.#byUser.get(keyOf(app, userName));
    const isCaller = call?.caller.userName === userName && call.caller.id === id;
    if (call && isCaller) this.#step(call, { kind: 'giveUp', reason: 'cancelled' });
  }

  #inBackground(work: Promise<void>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }
}
