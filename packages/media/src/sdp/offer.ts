/** A publisher's offer, its m-lines read (RFC 8829, RFC 9143, RFC 9725). */
import { type OfferedCodec, readCodecs } from './codec.ts';
import {
  attributeValue,
  hasAttribute,
  parseSessionDescription,
  type SdpAttribute,
  type SdpSection,
} from './session-description.ts';
import { type OfferedSimulcast, readSimulcast } from './simulcast.ts';

export type HeaderExtensionId = { id: number; uri: string };

export type OfferedSection = {
  section: SdpSection;
  /** Undefined where the m-line has none or one that is no token. */
  mid: string | undefined;
  /** The offerer has it disabled: port 0 without a=bundle-only. */
  disabled: boolean;
  /** The offerer would send in it. */
  sends: boolean;
  /** The offerer would receive in it. */
  receives: boolean;
  bundled: boolean;
  codecs: readonly OfferedCodec[];
  extensions: readonly HeaderExtensionId[];
  /** From a retransmission's SSRC to that of the stream it repairs (a=ssrc-group:FID, RFC 5576). */
  repairs: ReadonlyMap<number, number>;
  simulcast: OfferedSimulcast;
};

export type Offer = {
  session: readonly SdpAttribute[];
  sections: readonly OfferedSection[];
  /** a=extmap-allow-mixed (RFC 8285 section 6). */
  mixedExtensions: boolean;
};

/** RFC 8866's token, so that a mid can be sent back as it came. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
const EXTMAP = /^(\d{1,3})(?:\/(?:sendonly|sendrecv))? (\S+)/;
const FID_GROUP = /^FID (\d{1,10}) (\d{1,10})$/;

const readExtensions = (attributes: readonly SdpAttribute[]): HeaderExtensionId[] =>
  attributes.flatMap(({ name, value }) => {
    const [, id, uri] = (name === 'extmap' && EXTMAP.exec(value)) || [];
    const number = Number(id);
    return uri !== undefined && number >= 1 && number <= 255 ? [{ id: number, uri }] : [];
  });

const readRepairs = (attributes: readonly SdpAttribute[]): Map<number, number> => {
  const repairs = new Map<number, number>();
  for (const { name, value } of attributes) {
    const [, primary, repair] = (name === 'ssrc-group' && FID_GROUP.exec(value)) || [];
    if (primary !== undefined && repair !== undefined) repairs.set(Number(repair), Number(primary));
  }
  return repairs;
};

const readSection = (section: SdpSection, bundle: ReadonlySet<string>): OfferedSection => {
  const { attributes } = section;
  const mid = attributeValue(attributes, 'mid');
  const receivesOnly = hasAttribute(attributes, 'recvonly') || hasAttribute(attributes, 'inactive');
  return {
    section,
    mid: mid !== undefined && TOKEN.test(mid) ? mid : undefined,
    disabled: section.port === 0 && !hasAttribute(attributes, 'bundle-only'),
    sends: !receivesOnly,
    receives: !hasAttribute(attributes, 'sendonly') && !hasAttribute(attributes, 'inactive'),
    bundled: mid !== undefined && bundle.has(mid),
    codecs: readCodecs(section),
    extensions: readExtensions(attributes),
    repairs: readRepairs(attributes),
    simulcast: readSimulcast(attributes),
  };
};

/** The mids of the offer's BUNDLE group (RFC 9143). */
const readBundle = (session: readonly SdpAttribute[]): Set<string> => {
  const group = session.find(({ name, value }) => name === 'group' && value.startsWith('BUNDLE'));
  return new Set(group?.value.split(' ').slice(1));
};

/** @throws SdpError */
export const parseOffer = (text: string): Offer => {
  const description = parseSessionDescription(text);
  const bundle = readBundle(description.attributes);
  return {
    session: description.attributes,
    sections: description.sections.map((section) => readSection(section, bundle)),
    mixedExtensions: hasAttribute(description.attributes, 'extmap-allow-mixed'),
  };
};
