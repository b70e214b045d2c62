/** What callers are told: the URLs they are given, and the address that their media goes to. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Config } from '../../base/config.ts';
import { isLoopback, isPrivate } from '../../base/loopback.ts';
import { mediaAddress } from '../../base/media-address.ts';
import { baseUrlOf } from '../../web/base-url.ts';
import type { Circumstances } from './circumstances.ts';
import { ok, type Seen, warning } from './finding.ts';

const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

export const checkAddresses = async ({ config }: Circumstances): Promise<Seen[]> => [
  judgeUrl(config),
  judgeMedia(config),
];

const judgeUrl = (config: Config): Seen => {
  const url = baseUrlOf(config, null);
  const text = `links and URLs begin with ${url}`;
  const { protocol, hostname } = new URL(url);
  const setPublic = 'set CALLREEL_PUBLIC_URL to what callers use, such as https://calls.example.com';
  if (isLoopback(hostname)) {
    if (isLoopback(config.host)) return ok(`${text}, for this machine alone`);
    return warning(`${text}, which no other machine reaches`, setPublic);
  }
  if (protocol === 'http:') return warning(`${text}: what they carry can be read on the way`, setPublic);
  return ok(text);
};

const judgeMedia = ({ host, rtcAddresses }: Config): Seen => {
  const bound = mediaAddress(host);
  if (rtcAddresses.length > 0) return judgeAnnounced(rtcAddresses, bound);
  if (!isWildcard(bound)) return ok(`callers send media to ${bound}`);
  const own = ownAddresses();
  const text = `callers send media to ${own.join(', ') || 'this machine alone'}`;
  if (own.some((address) => !isPrivate(address))) return ok(text);
  return warning(
    `${text}, which only machines of its network reach`,
    'set CALLREEL_RTC_ADDRESS to the public address, where callers come from elsewhere',
  );
};

/** A NAT may turn one address into another, and does not turn IPv6 into IPv4. */
const isReceived = (announced: string, bound: string): boolean => {
  if (isLoopback(bound) && !isLoopback(announced)) return false;
  return bound === '::' || isIPv6(bound) === isIPv6(announced);
};

const judgeAnnounced = (announced: readonly string[], bound: string): Seen => {
  const lost = announced.filter((address) => !isReceived(address, bound));
  if (lost.length === 0) return ok(`callers send media to ${announced.join(', ')}`);
  return warning(
    `callers send media to ${lost.join(', ')}, and it is received at ${bound}`,
    `set CALLREEL_HOST to ${lost.some(isIPv6) ? '::' : '0.0.0.0 or ::'}`,
  );
};

/** IPv4 alone: an IPv6 address that looks public may be behind a firewall that lets nothing in. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
