/** How event sockets are opened, gone on with and closed: without the schemas, so that browsers may load it. */

/** Offered, and answered, as `Sec-WebSocket-Protocol`; beside it the client offers its token. */
export const EVENTS_PROTOCOL = 'callreel.v1';
/** `bearer.YWMt…`, among the protocols that a client offers: browsers let a page set no other header. */
export const BEARER_PROTOCOL_PREFIX = 'bearer.';

/** `again`: whether coming back with the same token makes sense. */
type Close = { code: number; again: boolean };

/** Why the server closes a socket, by the close frame's code (RFC 6455, section 7.4; from 4000 on our own). Its reason is the name here. */
export const EVENT_CLOSES = {
  /** You left */
  left: { code: 1000, again: false },
  /** Messages are text */
  binaryMessage: { code: 1003, again: false },
  /** A message is at most 16 KiB */
  messageTooBig: { code: 1009, again: false },
  /** The node goes away; see the frame `reconnect` */
  serviceStops: { code: 1012, again: true },
  /** A message that is no JSON of a known form */
  badMessage: { code: 4400, again: false },
  /** The token is revoked or has expired */
  tokenRevoked: { code: 4401, again: false },
  /** You were removed from the conference */
  kicked: { code: 4403, again: false },
  /** You are no longer a member: your hold was over */
  connectionLost: { code: 4404, again: false },
  /** You read slower than events come: resume with ?since= */
  tooSlow: { code: 4408, again: true },
  /** You have too many of these sockets: this was the oldest */
  replaced: { code: 4409, again: false },
  /** The conference is over */
  conferenceClosed: { code: 4410, again: false },
  /** You said too much at once */
  tooManyMessages: { code: 4429, again: true },
} as const satisfies Record<string, Close>;
export type EventClose = keyof typeof EVENT_CLOSES;

/** Where to go on: `<epoch>.<seq>`, as `?since=` has it. */
export type EventCursor = { epoch: string; seq: number };

const CURSOR = /^([A-Za-z0-9_-]{1,32})\.(\d{1,15})$/;

export const formatEventCursor = ({ epoch, seq }: EventCursor): string => `${epoch}.${seq}`;

export const parseEventCursor = (text: string): EventCursor | undefined => {
  const [, epoch, digits] = CURSOR.exec(text) ?? [];
  return epoch === undefined || digits === undefined ? undefined : { epoch, seq: Number(digits) };
};
