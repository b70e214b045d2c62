/** Simulcast: one picture as several streams of different size, told apart by a rid (RFC 8853, RFC 8851) or, before that, by SSRC. */
import { RID_URI } from '../rtp/header-extension.ts';
import type { SdpAttribute } from './session-description.ts';

export type OfferedRid = {
  id: string;
  /** What it is limited to (RFC 8851 section 5): `max-width=1280`; without `pt`. */
  restrictions: readonly string[];
  /** The payload types that it may be sent with; undefined: any. */
  payloadTypes: ReadonlySet<number> | undefined;
};

export type OfferedSimulcast = {
  /** Of a=simulcast:send, the first alternative of each stream. */
  rids: readonly OfferedRid[];
  /** Of a=ssrc-group:SIM, as browsers offered it before there were rids. */
  ssrcs: readonly number[];
};

/** Browsers send three; each layer costs a reorder buffer and a clock. */
export const MAX_LAYERS = 4;

const RID = /^([A-Za-z0-9_-]{1,64}) send(?: (.{1,400}))?$/;
const RESTRICTION = /^(?:max-(?:width|height|fps|fs|br|pps|bpp)=[0-9.]{1,12}|depend=[A-Za-z0-9_,-]{1,64})$/;
const SIMULCAST_SEND = /(?:^| )send ([A-Za-z0-9_~,;-]{1,400})(?: |$)/;
const SIM_GROUP = /^SIM((?: \d{1,10})+)$/;

const readRid = (value: string): OfferedRid | undefined => {
  const [, id, text = ''] = RID.exec(value) ?? [];
  if (id === undefined) return undefined;
  const parts = text.split(';').filter((part) => part !== '');
  const types = parts.find((part) => part.startsWith('pt='))?.slice('pt='.length);
  return {
    id,
    restrictions: parts.filter((part) => RESTRICTION.test(part)),
    payloadTypes: types === undefined ? undefined : new Set(types.split(',').map(Number)),
  };
};

const valuesOf = (attributes: readonly SdpAttribute[], wanted: string): string[] =>
  attributes.flatMap(({ name, value }) => (name === wanted ? [value] : []));

/** `~` says that a stream is paused at first; after a comma come others that may be sent in its place. */
const readRids = (attributes: readonly SdpAttribute[]): OfferedRid[] => {
  const [, streams = ''] = valuesOf(attributes, 'simulcast').map((value) => SIMULCAST_SEND.exec(value))[0] ?? [];
  const ids = new Set(streams.split(';').map((stream) => (stream.split(',')[0] ?? '').replace(/^~/, '')));
  const rids = new Map(valuesOf(attributes, 'rid').map((value) => [value.split(' ')[0], readRid(value)]));
  return [...ids].flatMap((id) => rids.get(id) ?? []);
};

export const readSimulcast = (attributes: readonly SdpAttribute[]): OfferedSimulcast => {
  const groups = valuesOf(attributes, 'ssrc-group').map((value) => SIM_GROUP.exec(value)?.[1]);
  const ssrcs = groups.find((group) => group !== undefined) ?? '';
  // Without it nobody could tell the layers apart.
  const tellsRids = valuesOf(attributes, 'extmap').some((value) => value.split(' ')[1] === RID_URI);
  return {
    rids: tellsRids ? readRids(attributes) : [],
    ssrcs: [...new Set(ssrcs.split(' ').filter(Boolean).map(Number))].slice(0, MAX_LAYERS),
  };
};

/** Those that may be sent with this payload type; none where one alone is left: that is no simulcast. */
export const chooseRids = ({ rids }: OfferedSimulcast, payloadType: number): readonly OfferedRid[] => {
  const usable = rids.filter(({ payloadTypes }) => payloadTypes?.has(payloadType) ?? true).slice(0, MAX_LAYERS);
  return usable.length > 1 ? usable : [];
};

/** The answer takes each rid with what it was limited to (RFC 8851 section 6.3). */
export const simulcastLines = (rids: readonly OfferedRid[], payloadType: number): string[] => {
  if (rids.length === 0) return [];
  const lines = rids.map(({ id, restrictions, payloadTypes }) => {
    const limits = [...(payloadTypes === undefined ? [] : [`pt=${payloadType}`]), ...restrictions];
    return `a=rid:${id} recv${limits.length === 0 ? '' : ` ${limits.join(';')}`}`;
  });
  return [...lines, `a=simulcast:recv ${rids.map(({ id }) => id).join(';')}`];
};
