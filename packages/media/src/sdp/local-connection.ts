/** Our end of the connection, as the WebRTC library describes it. */
import { attributeValue, parseSessionDescription, type SdpAttribute } from './session-description.ts';

export type LocalConnection = {
  iceUfrag: string;
  icePwd: string;
  fingerprint: string;
  setup: string;
  /** Values of a=candidate. */
  candidates: readonly string[];
};

const required = (attributes: readonly SdpAttribute[], name: string): string => {
  const value = attributeValue(attributes, name);
  if (value === undefined) throw new TypeError(`readLocalConnection: no a=${name} in the library's description`);
  return value;
};

/** Reads the library's own description (of one m-line). */
export const readLocalConnection = (description: string): LocalConnection => {
  const parsed = parseSessionDescription(description);
  const attributes = [...(parsed.sections[0]?.attributes ?? []), ...parsed.attributes];
  return {
    iceUfrag: required(attributes, 'ice-ufrag'),
    icePwd: required(attributes, 'ice-pwd'),
    fingerprint: required(attributes, 'fingerprint'),
    setup: required(attributes, 'setup'),
    candidates: attributes.filter(({ name }) => name === 'candidate').map(({ value }) => value),
  };
};

/** RFC 8445 section 5.1.2.1: 126 for a host candidate, then who comes first among those, then 256 less the component (1). */
const hostPriority = (localPreference: number): number => 2 ** 24 * 126 + 2 ** 8 * localPreference + 255;

const FIRST_PREFERENCE = 65_535;

/**
 * Candidates for the addresses under which we are reached at `port`, IPv6 before IPv4 (RFC 8421 section 4), otherwise in the order given.
 * Each is a foundation of its own, so that none is held back until another was tried (RFC 8445 section 6.1.2.6). They are host candidates, whatever
 * NAT stands before us: to the peer there is nothing behind them.
 */
export const announcedCandidates = (addresses: readonly string[], port: number): string[] => {
  const isIPv6 = (address: string): boolean => address.includes(':');
  const inOrder = [...addresses.filter(isIPv6), ...addresses.filter((address) => !isIPv6(address))];
  return inOrder.map(
    (address, index) => `${index + 1} 1 UDP ${hostPriority(FIRST_PREFERENCE - index)} ${address} ${port} typ host`,
  );
};

/** Our only candidate where the library found no interface but loopback, which it leaves out. */
export const loopbackCandidate = (port: number): string => `1 1 UDP 2114977791 127.0.0.1 ${port} typ host`;
