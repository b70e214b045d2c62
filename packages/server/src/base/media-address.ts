import { isIP } from 'node:net';

/** Media is received where HTTP is: at this address, or at all of them for a name. `::` is IPv4 too, as it is for HTTP. */
export const mediaAddress = (host: string): string => {
  if (host === 'localhost') return '127.0.0.1';
  return isIP(host) ? host : '::';
};
