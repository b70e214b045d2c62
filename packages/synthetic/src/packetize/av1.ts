/** AV1 temporal units to RTP payloads (RTP Payload Format For AV1), as libwebrtc makes them: OBUs without sizes, W elements a packet. */

export type Av1PacketizeOptions = {
  /** How long a payload may be, its aggregation header included; 1100 by default. */
  maxBytes?: number;
  /** N: it begins with a key frame. */
  startsSequence?: boolean;
  /** W is 0, and every element bears its size. */
  sizesAlways?: boolean;
};

const DEFAULT_MAX_BYTES = 1100;
const TEMPORAL_DELIMITER = 2;
const HAS_EXTENSION = 0x04;
const HAS_SIZE = 0x02;
/** As many as W can tell; the last of them has no size. */
const MAX_ELEMENTS = 3;

const leb128 = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push(0x80 | (rest & 0x7f));
  }
};

/** The OBUs of a temporal unit as an encoder gives it, each with its size, without that. */
export const splitTemporalUnit = (bytes: Uint8Array): Uint8Array[] => {
  const obus: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const first = bytes[offset] ?? 0;
    const header = [first & ~HAS_SIZE, ...(first & HAS_EXTENSION ? [bytes[offset + 1] ?? 0] : [])];
    let [start, size] = [offset + header.length, 0];
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = bytes[start++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
    }
    offset = start + size;
    obus.push(Uint8Array.of(...header, ...bytes.subarray(start, offset)));
  }
  return obus;
};

type Payload = { continues: boolean; elements: Uint8Array[]; continued: boolean };

/** What is still free with one more element that bears its size. */
const roomIn = ({ elements }: Payload, maxBytes: number): number =>
  maxBytes -
  1 -
  elements.reduce((sum, { length }) => sum + leb128(length).length + length, 0) -
  leb128(maxBytes).length;

const encode = (payload: Payload, flags: number, sizesAlways: boolean): Uint8Array => {
  const { continues, elements, continued } = payload;
  const count = sizesAlways ? 0 : elements.length;
  const head = (continues ? 0x80 : 0) | (continued ? 0x40 : 0) | (count << 4) | flags;
  const bodies = elements.flatMap((element, index) =>
    index === count - 1 ? [...element] : [...leb128(element.length), ...element],
  );
  return Uint8Array.of(head, ...bodies);
};

const distribute = (obus: readonly Uint8Array[], maxBytes: number): Payload[] => {
  let current: Payload = { continues: false, elements: [], continued: false };
  const payloads = [current];
  for (const obu of obus) {
    for (let rest = obu, begun = false; rest.length > 0; begun = true) {
      if (roomIn(current, maxBytes) < 1 || current.elements.length === MAX_ELEMENTS) {
        current.continued = begun;
        current = { continues: begun, elements: [], continued: false };
        payloads.push(current);
      }
      const piece = rest.subarray(0, roomIn(current, maxBytes));
      current.elements.push(piece);
      rest = rest.subarray(piece.length);
    }
  }
  return payloads;
};

/** The payloads of one temporal unit's OBUs (without sizes), in order; the last one's packet bears the marker. */
export const packetizeAv1 = (obus: readonly Uint8Array[], options: Av1PacketizeOptions = {}): Uint8Array[] => {
  const { maxBytes = DEFAULT_MAX_BYTES, startsSequence = false, sizesAlways = false } = options;
  if (maxBytes < 8) throw new TypeError('maxBytes: leaves no room for a byte of an OBU');
  const sent = obus.filter((obu) => (((obu[0] ?? 0) >> 3) & 15) !== TEMPORAL_DELIMITER);
  return distribute(sent, maxBytes).map((payload, index) =>
    encode(payload, startsSequence && index === 0 ? 0x08 : 0, sizesAlways),
  );
};
