/** What an offer says of its connection: ICE (RFC 8839), DTLS (RFC 8122, RFC 8842). */
import { SdpError } from './sdp-error.ts';
import { attributeValue, type SdpAttribute, type SdpSection } from './session-description.ts';

export type DtlsSetup = 'actpass' | 'active' | 'passive';

export type ConnectionParameters = {
  iceUfrag: string;
  icePwd: string;
  /** Algorithm and hexadecimal bytes: `sha-256 AB:CD:…`. */
  fingerprint: string;
  setup: DtlsSetup;
};

const ICE_UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const ICE_PWD = /^[A-Za-z0-9+/]{22,256}$/;
/** Hexadecimal bytes of a digest, by algorithm. */
const DIGEST_BYTES = new Map([
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
]);

/** With one space and the algorithm in lower case; undefined where it cannot be used. */
const parseFingerprint = (value: string): string | undefined => {
  const [algorithmText = '', digest = '', ...rest] = value.trim().split(/ +/);
  const algorithm = algorithmText.toLowerCase();
  const bytes = digest.split(':');
  const whole = bytes.length === DIGEST_BYTES.get(algorithm) && bytes.every((byte) => /^[0-9A-Fa-f]{2}$/.test(byte));
  return whole && rest.length === 0 ? `${algorithm} ${digest.toUpperCase()}` : undefined;
};

const parseSetup = (value: string | undefined): DtlsSetup | undefined =>
  value === 'actpass' || value === 'active' || value === 'passive' ? value : undefined;

const findFingerprint = (attributes: readonly SdpAttribute[]): string | undefined =>
  attributes
    .filter(({ name }) => name === 'fingerprint')
    .map(({ value }) => parseFingerprint(value))
    .find((fingerprint) => fingerprint !== undefined);

/**
 * Of this m-line, or of the session where the m-line does not say (RFC 8839 section 5.4, RFC 8122 section 5).
 * @throws SdpError
 */
export const readConnectionParameters = (
  session: readonly SdpAttribute[],
  section: SdpSection,
): ConnectionParameters => {
  const value = (name: string): string | undefined =>
    attributeValue(section.attributes, name) ?? attributeValue(session, name);
  const iceUfrag = value('ice-ufrag');
  const icePwd = value('ice-pwd');
  if (iceUfrag === undefined || icePwd === undefined) throw SdpError.noIce(section.line);
  if (!ICE_UFRAG.test(iceUfrag)) {
    throw SdpError.malformed(section.line, `a=ice-ufrag:${iceUfrag}`, '4 to 256 letters, digits, + or /');
  }
  if (!ICE_PWD.test(icePwd)) throw SdpError.malformed(section.line, 'a=ice-pwd', '22 to 256 letters, digits, + or /');
  const fingerprint = findFingerprint(section.attributes) ?? findFingerprint(session);
  if (fingerprint === undefined) throw SdpError.noFingerprint(section.line);
  const setup = parseSetup(value('setup'));
  if (setup === undefined) throw SdpError.noSetup(section.line);
  return { iceUfrag, icePwd, fingerprint, setup };
};
