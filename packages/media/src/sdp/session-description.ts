/** The lines of a session description (RFC 8866), divided into its session part and its m-lines' sections. */
import { SdpError } from './sdp-error.ts';

/** An `a=` line: `a=name` or `a=name:value`. */
export type SdpAttribute = { line: number; name: string; value: string };

export type SdpSection = {
  /** Of the m-line, counted from 1. */
  line: number;
  /** `audio`, `video`, `application` or another. */
  kind: string;
  port: number;
  protocol: string;
  formats: readonly string[];
  attributes: readonly SdpAttribute[];
};

export type SessionDescription = { attributes: readonly SdpAttribute[]; sections: readonly SdpSection[] };

const MAX_BYTES = 65_536;
const MAX_SECTIONS = 32;

const M_LINE = /^([a-z]{1,20}) (\d{1,5})(?:\/\d{1,5})? ([A-Za-z0-9/]{1,40})((?: [A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,40})+)$/;

const parseAttribute = (line: number, text: string): SdpAttribute => {
  const colon = text.indexOf(':');
  return colon < 0
    ? { line, name: text, value: '' }
    : { line, name: text.slice(0, colon), value: text.slice(colon + 1) };
};

const parseMediaLine = (line: number, text: string): SdpSection & { attributes: SdpAttribute[] } => {
  const [, kind, port, protocol, formats] = M_LINE.exec(text) ?? [];
  if (kind === undefined || port === undefined || protocol === undefined || formats === undefined) {
    throw SdpError.malformed(line, `m=${text}`, 'an m-line is "m=<media> <port> <proto> <formats>"');
  }
  return { line, kind, port: Number(port), protocol, formats: formats.slice(1).split(' '), attributes: [] };
};

/**
 * At most 64 KiB and 32 m-lines. Lines that are neither `m=` nor `a=` are only looked at for their form.
 * @throws SdpError
 */
export const parseSessionDescription = (text: string): SessionDescription => {
  if (text.length > MAX_BYTES) throw SdpError.tooLarge(MAX_BYTES);
  if (text.trim() === '') throw SdpError.empty();
  const session: SdpAttribute[] = [];
  const sections: SdpSection[] = [];
  let attributes = session;
  text.split(/\r\n|\n|\r/).forEach((content, index) => {
    const line = index + 1;
    if (content === '') return;
    if (!/^[a-z]=/.test(content)) throw SdpError.malformed(line, content, 'a line is "<letter>=<value>"');
    if (content.startsWith('a=')) attributes.push(parseAttribute(line, content.slice(2)));
    if (!content.startsWith('m=')) return;
    if (sections.length === MAX_SECTIONS) throw SdpError.tooManySections(line, MAX_SECTIONS);
    const section = parseMediaLine(line, content.slice(2));
    attributes = section.attributes;
    sections.push(section);
  });
  return { attributes: session, sections };
};

/** The value of the first attribute of this name. */
export const attributeValue = (attributes: readonly SdpAttribute[], name: string): string | undefined =>
  attributes.find((attribute) => attribute.name === name)?.value;

export const hasAttribute = (attributes: readonly SdpAttribute[], name: string): boolean =>
  attributes.some((attribute) => attribute.name === name);
