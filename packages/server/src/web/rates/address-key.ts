/** What one caller's address is counted under. */
import { isIPv6 } from 'node:net';

const LONGEST = 45;
const GROUPS = 8;
const GROUPS_OF_A_NETWORK = 4;

/** `::ffff:192.0.2.1`, as a socket that takes both kinds shows an IPv4 caller. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The eight groups as numbers. Those written as an IPv4 address count as two. */
const groupsOf = (address: string): number[] => {
  const [head = '', tail] = address.split('::');
  const read = (part: string): number[] =>
    part.split(':').flatMap((group) => {
      if (group === '') return [];
      if (!group.includes('.')) return [Number.parseInt(group, 16)];
      const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
      return [a * 256 + b, c * 256 + d];
    });
  const [left, right] = [read(head), read(tail ?? '')];
  return [...left, ...new Array<number>(GROUPS - left.length - right.length).fill(0), ...right];
};

/**
 * IPv4: the address. IPv6: its first 64 bits, since whoever has one address there has 2^64 of them (RFC 6177: a site gets at least
 * a /64). Text that is no address, as a careless proxy may pass it on, is counted as it is, up to the length of one.
 */
export const addressKey = (address: string): string => {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address.slice(0, LONGEST);
  const [plain = ''] = address.split('%');
  const network = groupsOf(plain).slice(0, GROUPS_OF_A_NETWORK);
  return `${network.map((group) => group.toString(16)).join(':')}::/64`;
};
