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

/** Of a candidate's value, after foundation, component, protocol and priority (RFC 8839 section 5.1). */
const CANDIDATE_ADDRESS_FIELD = 4;

/**
 * The candidates as seen from where `announcedAddress` leads here, as behind a one-to-one NAT: one remains, as all would be the same.
 */
export const announceCandidates = (candidates: readonly string[], announcedAddress: string): string[] =>
  candidates
    .slice(0, 1)
    .map((candidate) => candidate.split(' ').with(CANDIDATE_ADDRESS_FIELD, announcedAddress).join(' '));

/** Our only candidate where the library found no interface but loopback, which it leaves out: `priority` is a host candidate's. */
export const loopbackCandidate = (port: number): string => `1 1 UDP 2114977791 127.0.0.1 ${port} typ host`;
