/** The codecs that an m-line offers: a=rtpmap, a=fmtp and a=rtcp-fb, by payload type. */
import type { SdpAttribute, SdpSection } from './session-description.ts';

export type OfferedCodec = {
  payloadType: number;
  /** Lower case: `opus`, `pcmu`, `vp8`, `h264`, `rtx`. */
  name: string;
  clockRateHz: number;
  channels: number;
  /** Format parameters, names in lower case: `packetization-mode` → `1`. */
  parameters: ReadonlyMap<string, string>;
  /** `nack`, `nack pli`, `ccm fir`, `goog-remb`, … */
  feedback: ReadonlySet<string>;
};

const RTPMAP = /^(\d{1,3}) ([A-Za-z0-9._-]{1,40})\/(\d{1,6})(?:\/(\d{1,2}))?$/;
const BY_PAYLOAD_TYPE = /^(\*|\d{1,3}) (.+)$/;

/** With RTP and RTCP on one port, 64 to 95 would be taken for RTCP (RFC 5761 section 4). */
const isUsablePayloadType = (payloadType: number): boolean =>
  payloadType <= 127 && !(payloadType >= 64 && payloadType <= 95);

const parseParameters = (text: string): Map<string, string> => {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name !== '') parameters.set(name, equals < 0 ? '' : part.slice(equals + 1).trim());
  }
  return parameters;
};

/** What attributes of this name say, by payload type or `*`. */
const byPayloadType = (attributes: readonly SdpAttribute[], name: string): Map<string, string[]> => {
  const found = new Map<string, string[]>();
  for (const attribute of attributes) {
    if (attribute.name !== name) continue;
    const [, payloadType, value] = BY_PAYLOAD_TYPE.exec(attribute.value) ?? [];
    if (payloadType === undefined || value === undefined) continue;
    const values = found.get(payloadType);
    if (values) values.push(value.trim());
    else found.set(payloadType, [value.trim()]);
  }
  return found;
};

type Maps = { formats: Map<string, string[]>; feedback: Map<string, string[]> };

const toCodec = (rtpmap: string, { formats, feedback }: Maps): OfferedCodec | undefined => {
  const [, payloadTypeText, name, clockRate, channels] = RTPMAP.exec(rtpmap) ?? [];
  if (payloadTypeText === undefined || name === undefined || !isUsablePayloadType(Number(payloadTypeText)))
    return undefined;
  return {
    payloadType: Number(payloadTypeText),
    name: name.toLowerCase(),
    clockRateHz: Number(clockRate),
    channels: Number(channels ?? 1),
    parameters: parseParameters(formats.get(payloadTypeText)?.[0] ?? ''),
    feedback: new Set([...(feedback.get('*') ?? []), ...(feedback.get(payloadTypeText) ?? [])]),
  };
};

/** Payload types that mean what they mean without an a=rtpmap (RFC 3551 table 4). */
const STATIC_RTPMAPS = ['0 PCMU/8000', '8 PCMA/8000'];

const addStatic = (codecs: Map<string, OfferedCodec>, maps: Maps): void => {
  for (const rtpmap of STATIC_RTPMAPS) {
    const codec = toCodec(rtpmap, maps);
    if (codec && !codecs.has(String(codec.payloadType))) codecs.set(String(codec.payloadType), codec);
  }
};

/** In the m-line's order of preference. Those of a form that cannot be read, or whose payload type cannot be used, are left out. */
export const readCodecs = (section: SdpSection): OfferedCodec[] => {
  const maps = {
    formats: byPayloadType(section.attributes, 'fmtp'),
    feedback: byPayloadType(section.attributes, 'rtcp-fb'),
  };
  const codecs = new Map<string, OfferedCodec>();
  for (const attribute of section.attributes) {
    if (attribute.name !== 'rtpmap') continue;
    const codec = toCodec(attribute.value, maps);
    if (codec && !codecs.has(String(codec.payloadType))) codecs.set(String(codec.payloadType), codec);
  }
  if (section.kind === 'audio') addStatic(codecs, maps);
  return section.formats.map((format) => codecs.get(format)).filter((codec) => codec !== undefined);
};
