/** VP9 pictures to RTP payloads (RFC 9628), as libwebrtc makes them: a 15-bit picture id, sizes with each key frame. */

/** `tl0PictureIndex` absent: flexible mode, whose references are `references` pictures back. */
export type Vp9Layering = {
  temporalLayer: number;
  switchingUpPoint: boolean;
  tl0PictureIndex?: number;
};

export type Vp9PacketizeOptions = {
  /** How long a payload may be, its descriptor included; 1100 by default. */
  maxBytes?: number;
  /** Counts pictures, modulo 2^15; left out of the descriptor where undefined. */
  pictureId?: number;
  /** Of a key frame: of each spatial layer. */
  sizes?: readonly { width: number; height: number }[];
  /** How many pictures back those lie that it leans on; none for a key frame. Told in flexible mode only. */
  references?: readonly number[];
  layering?: Vp9Layering;
};

const DEFAULT_MAX_BYTES = 1100;

const FLAGS = { pictureId: 0x80, inter: 0x40, layers: 0x20, flexible: 0x10, start: 0x08, end: 0x04, structure: 0x02 };

const structure = (sizes: NonNullable<Vp9PacketizeOptions['sizes']>): number[] => [
  ((sizes.length - 1) << 5) | 0x10,
  ...sizes.flatMap(({ width, height }) => [width >> 8, width & 0xff, height >> 8, height & 0xff]),
];

type Place = { spatialLayer: number; hasLayers: boolean; first: boolean; last: boolean };

const descriptor = (options: Vp9PacketizeOptions, place: Place): number[] => {
  const { pictureId, layering, references = [], sizes } = options;
  const { spatialLayer, hasLayers, first, last } = place;
  const flexible = layering !== undefined && layering.tl0PictureIndex === undefined;
  const tellsSizes = sizes !== undefined && first && spatialLayer === 0;
  const flags =
    (pictureId === undefined ? 0 : FLAGS.pictureId) |
    (references.length > 0 ? FLAGS.inter : 0) |
    (hasLayers ? FLAGS.layers : 0) |
    (flexible ? FLAGS.flexible : 0) |
    (first ? FLAGS.start : 0) |
    (last ? FLAGS.end : 0) |
    (tellsSizes ? FLAGS.structure : 0);
  const { temporalLayer = 0, switchingUpPoint = false, tl0PictureIndex = 0 } = layering ?? {};
  const layerByte =
    (temporalLayer << 5) | (switchingUpPoint ? 0x10 : 0) | (spatialLayer << 1) | (spatialLayer > 0 ? 1 : 0);
  return [
    flags,
    ...(pictureId === undefined ? [] : [0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff]),
    ...(hasLayers ? [layerByte, ...(flexible ? [] : [tl0PictureIndex & 0xff])] : []),
    ...(flexible ? references.map((back, index) => (back << 1) | (index < references.length - 1 ? 1 : 0)) : []),
    ...(tellsSizes ? structure(sizes) : []),
  ];
};

/** The payloads of one picture's spatial layers, the base layer first; the last one's packet bears the marker. */
export const packetizeVp9 = (layers: readonly Uint8Array[], options: Vp9PacketizeOptions = {}): Uint8Array[] => {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const hasLayers = layers.length > 1 || options.layering !== undefined;
  return layers.flatMap((frame, spatialLayer) => {
    const payloads: Uint8Array[] = [];
    for (let offset = 0; offset < frame.length; ) {
      const place = { spatialLayer, hasLayers, first: offset === 0 };
      const room = maxBytes - descriptor(options, { ...place, last: false }).length;
      if (room < 1) throw new TypeError('maxBytes: leaves no room for a byte of the frame');
      const last = offset + room >= frame.length;
      payloads.push(
        Uint8Array.of(...descriptor(options, { ...place, last }), ...frame.subarray(offset, offset + room)),
      );
      offset += room;
    }
    return payloads;
  });
};
