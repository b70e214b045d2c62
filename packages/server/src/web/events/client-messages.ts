/** What a client says over an event socket, read. */
import { UserClientMessage } from '@callreel/contract/calls.ts';
import { ClientMessage } from '@callreel/contract/events.ts';
import { Compile } from 'typebox/compile';

const ofConference = Compile(ClientMessage);
const ofUser = Compile(UserClientMessage);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Undefined for what is no JSON, of no known kind, or of another form. */
export const readClientMessage = (text: string): ClientMessage | undefined => {
  const value = parseJson(text);
  return ofConference.Check(value) ? value : undefined;
};

/** Likewise, over the socket of a user's own events. */
export const readUserClientMessage = (text: string): UserClientMessage | undefined => {
  const value = parseJson(text);
  return ofUser.Check(value) ? value : undefined;
};
