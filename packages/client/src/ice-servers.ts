/** The STUN and TURN servers that an answer names in its Link header (RFC 9725 section 4.6, RFC 8288 section 3). */

/** `<target>`, then its parameters, up to the comma before the next. */
const LINK = /<([^<>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;<>]+))*)/g;
const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;<>]+))/g;

const parametersIn = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(PARAMETER)].map(([, name = '', quoted, token]) => [
      name.toLowerCase(),
      quoted?.replace(/\\(.)/g, '$1') ?? token ?? '',
    ]),
  );

const isRelation = (rel: string | undefined): boolean =>
  rel?.toLowerCase().split(/\s+/).includes('ice-server') ?? false;

/** What of it is no such server is left out, as is a TURN server without credentials: a browser would refuse the whole configuration. */
export const readIceServers = (header: string | null): RTCIceServer[] =>
  [...(header ?? '').matchAll(LINK)].flatMap(([, urls = '', text = '']): RTCIceServer[] => {
    const parameters = parametersIn(text);
    if (!isRelation(parameters.get('rel'))) return [];
    if (/^stuns?:/i.test(urls)) return [{ urls }];
    const [username, credential] = [parameters.get('username'), parameters.get('credential')];
    if (!/^turns?:/i.test(urls) || username === undefined || credential === undefined) return [];
    return [{ urls, username, credential }];
  });
