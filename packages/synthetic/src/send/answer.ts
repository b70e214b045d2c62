import { CallerError } from './caller-error.ts';
import { AUDIO_LEVEL_EXTENSION, MID_EXTENSION } from './offer.ts';

export type AnsweredTrack = {
  mid: string;
  payloadTypes: number[];
  /** The numbers of the extensions that were taken. */
  midExtensionId: number | undefined;
  audioLevelExtensionId: number | undefined;
};

export type Answer = {
  tracks: AnsweredTrack[];
  /** The lines that say how to reach the other side: ICE, fingerprint, setup and candidates, of the first section. */
  transportLines: string[];
};

const TRANSPORT_LINE = /^a=(ice-ufrag|ice-pwd|ice-lite|fingerprint|setup|candidate|end-of-candidates)/;

const splitSections = (lines: readonly string[]): { session: string[]; media: string[][] } => {
  const session: string[] = [];
  const media: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) media.push([]);
    (media.at(-1) ?? session).push(line);
  }
  return { session, media };
};

const attribute = (lines: readonly string[], name: string): string | undefined =>
  lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3);

const extensionId = (lines: readonly string[], uri: string): number | undefined => {
  const line = lines.find((each) => each.startsWith('a=extmap:') && each.endsWith(uri));
  return line ? Number.parseInt(line.slice('a=extmap:'.length), 10) : undefined;
};

const readTrack = (lines: readonly string[]): AnsweredTrack => {
  const [, port, , ...payloadTypes] = (lines[0] ?? '').split(' ');
  const mid = attribute(lines, 'mid');
  if (port === '0' || mid === undefined) throw CallerError.unusableAnswer(`rejects a track: ${lines[0]}`);
  return {
    mid,
    payloadTypes: payloadTypes.map(Number),
    midExtensionId: extensionId(lines, MID_EXTENSION),
    audioLevelExtensionId: extensionId(lines, AUDIO_LEVEL_EXTENSION),
  };
};

/** Reads an answer as far as a sender needs it. Throws CallerError where a track was rejected or the transport is not said. */
export const readAnswer = (sdp: string): Answer => {
  const { session, media } = splitSections(sdp.split(/\r?\n/).filter(Boolean));
  const [first] = media;
  if (!first) throw CallerError.unusableAnswer('has no m-line');
  const transportLines = [...session, ...first].filter((line) => TRANSPORT_LINE.test(line));
  for (const name of ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup']) {
    if (attribute(transportLines, name) === undefined) throw CallerError.unusableAnswer(`says no ${name}`);
  }
  return { tracks: media.map(readTrack), transportLines };
};
