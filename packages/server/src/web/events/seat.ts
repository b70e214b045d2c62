/** Whose an event socket is, what is told over it, and what may be said: of a conference (`conference-seat.ts`) or of a user's own calls. */
import type { EventSocket } from './event-socket.ts';

export type SeatMessage = { id?: string } & (
  | { kind: 'ping' }
  /** Throws what is answered as a refusal. */
  | { kind: 'request'; carryOut: () => Promise<void> }
);

export type Seat = {
  /** Members' tokens are looked after by their conferences, the others by the sockets. */
  kind: 'member' | 'app' | 'user';
  appId: number;
  /** Whom it counts for beyond the application. */
  holder: string;
  token: string;
  /** For the log. */
  place: Readonly<Record<string, string>>;
  /** Each begins to tell, or to hold someone there, and gives what ends it. */
  begin: readonly ((socket: EventSocket) => () => void)[];
  /** Undefined for what is of no known form. */
  read(text: string): SeatMessage | undefined;
};
