/**
 * URLs of STUN and TURN servers (RFC 7064, RFC 7065). They are handed to browsers, where one that cannot be read fails the whole
 * connection: they are looked at here.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Form } from './setting-forms.ts';

/** More of them make every caller gather for longer; browsers warn from five on. */
const MOST_URLS = 8;

const FORM =
  /^(stuns?|turns?):(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?(\?transport=(?:udp|tcp))?$/i;

const isHost = (host: string): boolean => {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  return isIPv4(host) || !/^[\d.]+$/.test(host);
};

const isIceUrl = (given: string): boolean => {
  const [, scheme = '', host = '', port = '3478', transport] = FORM.exec(given) ?? [];
  if (!isHost(host) || host === '' || Number(port) < 1 || Number(port) > 65_535) return false;
  // Only TURN's may say how to get there (RFC 7064 section 3.1 has no query).
  return transport === undefined || isTurn(scheme);
};

/** Whether it takes credentials. */
export const isTurn = (url: string): boolean => /^turns?/i.test(url);

export const iceUrls: Form<string[]> = {
  wants: `up to ${MOST_URLS} turn:, turns: or stun: URLs divided by commas, such as turn:turn.example.com:3478?transport=udp`,
  parse: (given) => {
    const list = given.split(',').map((url) => url.trim());
    return list.length <= MOST_URLS && list.every(isIceUrl) ? list : undefined;
  },
};
