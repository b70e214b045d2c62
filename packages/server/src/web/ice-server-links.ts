/** STUN and TURN servers as WHIP and WHEP hand them out (RFC 9725, section 4.6): a Link field for each URL. */
import type { IceServer } from '@callreel/contract/ice-server.ts';

/** URLs and credentials are of a form that needs no escaping: see base/ice-urls.ts and conference/ice-servers.ts. */
const linkOf = (url: string, { username, credential }: IceServer): string => {
  const link = `<${url}>; rel="ice-server"`;
  if (username === undefined || credential === undefined) return link;
  return `${link}; username="${username}"; credential="${credential}"; credential-type="password"`;
};

export const iceServerLinks = (servers: readonly IceServer[]): string[] =>
  servers.flatMap((server) => server.urls.map((url) => linkOf(url, server)));
