/** Lets pictures into a file from the first key frame on, and watches what describes them. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { VideoFrame } from '@callreel/media/frame/frame.ts';
import { concatBytes } from '@callreel/media/matroska/ebml.ts';
import { MAX_CODEC_PRIVATE_BYTES, type VideoTrack } from '@callreel/media/matroska/header.ts';
import { avcConfiguration } from '@callreel/media/mp4/avc-configuration.ts';

/** What is let in: the picture, and the description of it and the following ones where that is new. */
export type AdmittedPicture = { frame: VideoFrame; data: Uint8Array; description: VideoTrack | undefined };

const NAL_LENGTH_BYTES = 4;
const SPS_NAL_TYPE = 7;

export class PictureGate {
  readonly #codec: VideoCodecName;
  #description: VideoTrack | undefined;
  #open = false;
  #changed = false;

  constructor(codec: VideoCodecName) {
    this.#codec = codec;
  }

  /** Nothing more until the next key frame: pictures before it lean on ones that are missing. */
  shut(): void {
    this.#open = false;
  }

  /** Undefined for a picture that cannot be decoded, or not described in a header. */
  admit(frame: VideoFrame): AdmittedPicture | undefined {
    if (!frame.keyFrame) return this.#open ? { frame, data: frame.data, description: undefined } : undefined;
    const described = this.#describe(frame);
    this.#open = described !== undefined;
    if (described === undefined) return undefined;
    const known = this.#description;
    const isNew = known === undefined || !sameDescription(known, described);
    this.#changed ||= known !== undefined && isNew;
    this.#description = described;
    return { frame, data: this.#withParameterSets(frame), description: isNew ? described : undefined };
  }

  #describe(frame: VideoFrame): VideoTrack | undefined {
    const { width, height } = frame.size ?? { width: 0, height: 0 };
    if (width === 0 || height === 0) return undefined;
    if (this.#codec !== 'H264') return { codec: this.#codec, width, height, codecPrivate: undefined };
    const sets = frame.parameterSets;
    const codecPrivate = sets && avcConfiguration(sets.sps, sets.pps);
    if (codecPrivate === undefined || codecPrivate.length > MAX_CODEC_PRIVATE_BYTES) return undefined;
    return { codec: 'H264', width, height, codecPrivate };
  }

  /** Once they differ from those in the header, they stand before each key frame. */
  #withParameterSets(frame: VideoFrame): Uint8Array {
    const sets = frame.parameterSets;
    if (!this.#changed || sets === undefined || holdsSps(frame.data)) return frame.data;
    return concatBytes([lengthPrefix(sets.sps), sets.sps, lengthPrefix(sets.pps), sets.pps, frame.data]);
  }
}

const lengthPrefix = (bytes: Uint8Array): Uint8Array => {
  const prefix = new Uint8Array(NAL_LENGTH_BYTES);
  new DataView(prefix.buffer).setUint32(0, bytes.length);
  return prefix;
};

/** An access unit delimiter or SEI may come first, so all of its NAL units are looked at. */
const holdsSps = (data: Uint8Array): boolean => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let offset = 0;
  while (offset + NAL_LENGTH_BYTES < data.length) {
    if (((data[offset + NAL_LENGTH_BYTES] ?? 0) & 0x1f) === SPS_NAL_TYPE) return true;
    offset += NAL_LENGTH_BYTES + view.getUint32(offset);
  }
  return false;
};

const sameDescription = (one: VideoTrack, other: VideoTrack): boolean =>
  one.width === other.width && one.height === other.height && sameBytes(one.codecPrivate, other.codecPrivate);

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one?.length === other?.length && (one ?? new Uint8Array(0)).every((byte, index) => byte === other?.[index]);
