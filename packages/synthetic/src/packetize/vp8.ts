/** VP8 frames to RTP payloads (RFC 7741), as libwebrtc makes them: one partition index for all, a 15-bit picture id. */

export type Vp8PacketizeOptions = {
  /** How long a payload may be, its descriptor included; 1100 by default. */
  maxBytes?: number;
  /** Counts frames, modulo 2^15; left out of the descriptor where undefined. */
  pictureId?: number;
  /** N: no other frame leans on this one. */
  nonReference?: boolean;
  /** The frame's temporal layer; `layerSync`: it leans on the base layer alone. */
  temporal?: { layer: number; layerSync: boolean; tl0PictureIndex: number };
};

const DEFAULT_MAX_BYTES = 1100;

const extensionBytes = ({ pictureId, temporal }: Vp8PacketizeOptions): number[] => {
  if (pictureId === undefined && temporal === undefined) return [];
  const bytes = [(pictureId === undefined ? 0 : 0x80) | (temporal === undefined ? 0 : 0x60)];
  if (pictureId !== undefined) bytes.push(0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff);
  if (temporal !== undefined) {
    bytes.push(temporal.tl0PictureIndex & 0xff, (temporal.layer << 6) | (temporal.layerSync ? 0x20 : 0));
  }
  return bytes;
};

/** The payloads of one frame, in order; the last one's packet bears the marker. */
export const packetizeVp8 = (frame: Uint8Array, options: Vp8PacketizeOptions = {}): Uint8Array[] => {
  const extension = extensionBytes(options);
  const base = (extension.length > 0 ? 0x80 : 0) | (options.nonReference ? 0x20 : 0);
  const room = (options.maxBytes ?? DEFAULT_MAX_BYTES) - 1 - extension.length;
  if (room < 1) throw new TypeError('maxBytes: leaves no room for a byte of the frame');
  const payloads: Uint8Array[] = [];
  for (let offset = 0; offset < frame.length; offset += room) {
    const first = base | (offset === 0 ? 0x10 : 0);
    payloads.push(Uint8Array.of(first, ...extension, ...frame.subarray(offset, offset + room)));
  }
  return payloads;
};
