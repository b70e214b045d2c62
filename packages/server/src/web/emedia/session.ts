/** One socket of the vendor's web SDK: what it asks is carried out in its order, one after another, and each is answered. */

import { ROLE_CODES } from '@callreel/contract/conference.ts';
import { EVENT_CLOSES, type EventClose } from '@callreel/contract/events.ts';
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Logger } from '../../base/log.ts';
import { WebError } from '../errors.ts';
import { BoundedSocket } from '../sockets/bounded-socket.ts';
import {
  type ConnectionParts,
  changeSubscription,
  DONE,
  end,
  mute,
  type Outcome,
  offer,
  record,
} from './connections.ts';
import { type Entered, type EnteringParts, enter, enteredView } from './entering.ts';
import { type Asked, type Read, readFrame, type Told } from './frames.ts';
import { asRefusal, EmediaRefusal } from './refusal.ts';
import { act, reply, say } from './relay.ts';
import type { Listener } from './seat.ts';

export type SessionParts = EnteringParts &
  ConnectionParts & {
    log: Logger;
    /** Counts a message, or one that others are told of, unless it is one too many. */
    mayTalk: (session: Session) => boolean;
    mayTell: (session: Session) => boolean;
  };

/** The SDK gives up by then. */
const ENTER_WITHIN_MS = 20_000;
/** It closes the socket half a second after it left. */
const FINISH_WITHIN_MS = 5_000;
/** More than a page says at once when it makes all its connections anew. */
const MOST_WAITING = 512;

const ILL_FORMED = -400;

export class Session implements Listener {
  readonly #parts: SessionParts;
  readonly #request: FastifyRequest;
  readonly #socket: BoundedSocket;
  readonly #onClosed: () => void;
  #entered: Entered | undefined;
  #isOver = false;
  #stopAttending = () => {};
  #timer: NodeJS.Timeout;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(parts: SessionParts, request: FastifyRequest, ws: WebSocket, onClosed: () => void) {
    this.#parts = parts;
    this.#request = request;
    this.#onClosed = onClosed;
    this.#timer = setTimeout(() => this.close('badMessage'), ENTER_WITHIN_MS).unref();
    this.#socket = new BoundedSocket({
      ws,
      mayTalk: () => parts.mayTalk(this),
      onText: (text) => this.#handleText(text),
      onProblem: (problem) => this.close(problem),
      onGone: () => this.#handleGone(),
    });
  }

  tell(frame: Told): void {
    this.#socket.send(Buffer.from(JSON.stringify(frame)));
  }

  replace(): void {
    this.close('replaced');
  }

  finish(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close('left'), FINISH_WITHIN_MS).unref();
  }

  close(why: EventClose): void {
    this.#socket.close(EVENT_CLOSES[why].code, why);
    this.#handleEnd();
  }

  beat(): void {
    this.#socket.beat();
  }

  cut(): void {
    this.#socket.cut();
  }

  #handleText(text: string): void {
    const read = readFrame(text);
    if (read.read === 'garbage') this.close('badMessage');
    else if (this.#waiting >= MOST_WAITING) this.close('tooManyMessages');
    else this.#inOrder(() => this.#answer(read));
  }

  #inOrder(work: () => Promise<void>): void {
    this.#waiting += 1;
    this.#last = this.#last.then(work).finally(() => {
      this.#waiting -= 1;
    });
  }

  async #answer(read: Exclude<Read, { read: 'garbage' }>): Promise<void> {
    if (!this.#socket.isOpen) return;
    const tsxId = read.read === 'asked' ? read.asked.tsxId : read.tsxId;
    try {
      const { answer, after } = await this.#carryOut(read);
      if (answer) this.#tellOwn({ op: 1001, tsxId, result: 0, ...answer() });
      if (after) this.#tellOwn(after);
    } catch (error) {
      const { code, message } = asRefusal(error);
      if (code <= -520 && code > -523) this.#parts.log.warn({ err: error }, 'a message of the web SDK failed');
      this.#tellOwn({ op: 1001, tsxId, result: code, msg: message });
    }
  }

  #tellOwn(frame: Told): void {
    const sessId = this.#entered?.seat.sessId;
    this.tell(sessId === undefined ? frame : { ...frame, sessId });
  }

  async #carryOut(read: Exclude<Read, { read: 'garbage' }>): Promise<Outcome> {
    if (read.read === 'unknown') throw EmediaRefusal.notServed('This op');
    if (read.read === 'illFormed')
      throw new EmediaRefusal(ILL_FORMED, 'A field is missing, too long or of another form');
    const { asked } = read;
    if (asked.kind === 'enter') return this.#enter(asked);
    const entered = this.#entered;
    if (entered === undefined || asked.sessId !== entered.seat.sessId) throw EmediaRefusal.leaving('sessionGone');
    // The SDK puts its things away after it was told that it is out.
    if (this.#isOver) return DONE;
    return this.#carryOutIn(entered, asked);
  }

  async #carryOutIn(entered: Entered, asked: Exclude<Asked, { kind: 'enter' }>): Promise<Outcome> {
    switch (asked.kind) {
      case 'exit':
        return this.#leave(entered);
      case 'close':
        return this.#closeConference(entered);
      case 'offer':
        return offer(this.#parts, this.#request, entered, asked);
      case 'end':
        return end(this.#parts, entered, asked);
      case 'mute':
        this.#assertMayTell();
        return mute(this.#parts, entered, asked);
      // Our answers bear all candidates of ours; those of the page are learnt from its own checks.
      case 'candidates':
      case 'unsubscribe':
        return DONE;
      case 'changeSubscription':
        return changeSubscription(this.#parts, entered, asked);
      case 'record':
        return record(this.#parts, entered, asked);
      case 'snapshot':
        return { answer: () => entered.room.snapshotFor(entered.seat) };
      case 'act':
        this.#assertMayTell();
        act(entered, asked);
        return DONE;
      case 'say':
        this.#assertMayTell();
        say(entered, asked);
        return DONE;
      case 'reply':
        if (this.#parts.mayTell(this)) reply(entered, asked);
        // It is an answer itself.
        return {};
    }
  }

  async #enter(asked: Asked<'enter'>): Promise<Outcome> {
    if (this.#entered !== undefined) throw new EmediaRefusal(ILL_FORMED, 'This socket has its session already');
    const entered = await enter(this.#parts, this.#request, asked);
    const { seat } = entered;
    // Also where the socket is gone by now: then his hold begins.
    this.#stopAttending = this.#parts.conferences.events.attend(seat.ref);
    if (!this.#socket.isOpen) {
      this.#stopAttending();
      return {};
    }
    clearTimeout(this.#timer);
    this.#entered = entered;
    // At once, and before any event: the SDK breaks on what is told of a session that it does not know yet.
    this.#tellOwn({ op: 1001, tsxId: asked.tsxId, result: 0, ...enteredView(entered, this.#parts.iceServers) });
    this.#socket.endOpening();
    seat.listen(this);
    return {};
  }

  async #leave({ seat }: Entered): Promise<Outcome> {
    seat.isLeaving = true;
    await this.#parts.conferences.leave(seat.ref);
    return DONE;
  }

  async #closeConference({ room, seat }: Entered): Promise<Outcome> {
    const { conferences } = this.#parts;
    if (ROLE_CODES[conferences.roleOf(seat.ref)] !== ROLE_CODES.admin) {
      throw WebError.forbidden('Only an admin may close the conference');
    }
    seat.isLeaving = true;
    await conferences.dissolve(room.app, room.confrId);
    return DONE;
  }

  #assertMayTell(): void {
    if (!this.#parts.mayTell(this)) throw EmediaRefusal.tooMuch();
  }

  #handleGone(): void {
    this.#handleEnd();
    this.#onClosed();
  }

  /** It says and hears nothing more, though its last bytes may be on their way. */
  #handleEnd(): void {
    clearTimeout(this.#timer);
    this.#entered?.seat.stop(this);
    this.#stopAttending();
  }
}
