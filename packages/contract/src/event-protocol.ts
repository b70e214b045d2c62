/** How event sockets are opened, gone on with and closed: without the schemas, so that browsers may load it. */

/** Offered, and answered, as `Sec-WebSocket-Protocol`; beside it the client offers its token. */
export const EVENTS_PROTOCOL = 'callreel.v1';
/** `bearer.YWMt…`, among the protocols that a client offers: browsers let a page set no other header. */
export const BEARER_PROTOCOL_PREFIX = 'bearer.';

/** `again`: whether coming back with the same token makes sense. */
type Close = { code: number; again: boolean; description: string };

/** Why the server closes a socket, by the close frame's code (RFC 6455, section 7.4; from 4000 on our own). Its reason is the name here. */
export const EVENT_CLOSES = {
  left: { code: 1000, again: false, description: 'You left' },
  binaryMessage: { code: 1003, again: false, description: 'Messages are text' },
  messageTooBig: { code: 1009, again: false, description: 'A message is at most 16 KiB' },
  serviceStops: { code: 1012, again: true, description: 'The node goes away; see the frame `reconnect`' },
  badMessage: { code: 4400, again: false, description: 'A message that is no JSON of a known form' },
  tokenRevoked: { code: 4401, again: false, description: 'The token is revoked or has expired' },
  kicked: { code: 4403, again: false, description: 'You were removed from the conference' },
  connectionLost: { code: 4404, again: false, description: 'You are no longer a member: your hold was over' },
  tooSlow: { code: 4408, again: true, description: 'You read slower than events come: resume with ?since=' },
  replaced: { code: 4409, again: false, description: 'You have too many of these sockets: this was the oldest' },
  conferenceClosed: { code: 4410, again: false, description: 'The conference is over' },
  tooManyMessages: { code: 4429, again: true, description: 'You said too much at once' },
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
