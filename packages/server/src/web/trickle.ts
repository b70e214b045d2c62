/** WHIP's PATCH (RFC 9725, section 4.3): candidates for the ICE session that `If-Match` names. */
import { WebError } from './errors.ts';

export type SdpFragment = { iceUfrag: string };

const LINE = /^(?:a=[A-Za-z0-9-]+(?::.*)?|m=\S.*)$/;
const CREDENTIAL = /^a=ice-(ufrag|pwd):([A-Za-z0-9+/]{1,256})$/;

/** RFC 8840, section 9. Throws `illegal_sdp` where it is none, naming the line. */
export const readSdpFragment = (text: string): SdpFragment => {
  const found = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line !== '' && !LINE.test(line)) throw illegal(`Line ${index + 1} must begin with a= or m=`);
    const [, name, value] = CREDENTIAL.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !found.has(name)) found.set(name, value);
  }
  const iceUfrag = found.get('ufrag');
  if (iceUfrag === undefined || !found.has('pwd')) throw illegal('The fragment must have a=ice-ufrag and a=ice-pwd');
  return { iceUfrag };
};

/** `tag` is that of the session there is. A `*` asks for an ICE restart; some clients put it in quotes. */
export const assertSession = (ifMatch: string | undefined, tag: string): void => {
  if (ifMatch === undefined) {
    throw WebError.of('precondition_required', 'If-Match must name the ICE session: the ETag of the answer');
  }
  const tags = ifMatch.split(',').map((each) => each.trim());
  if (tags.includes('*') || tags.includes('"*"')) throw noRestart();
  // A weak tag matches nothing here (RFC 9110, section 13.1.1).
  if (!tags.includes(tag)) throw WebError.of('precondition_failed', 'This ICE session is over: another took its place');
};

export const noRestart = (): WebError =>
  WebError.of('unprocessable', 'No ICE restart here: POST a new offer with ?resume');

const illegal = (why: string): WebError => WebError.of('illegal_sdp', why);
