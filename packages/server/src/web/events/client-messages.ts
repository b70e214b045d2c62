/** What a client says over its event socket, read. */
import { ClientMessage } from '@callreel/contract/events.ts';
import { Compile } from 'typebox/compile';

const validator = Compile(ClientMessage);

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
  return validator.Check(value) ? value : undefined;
};
