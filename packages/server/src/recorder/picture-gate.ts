/** Lets pictures into a file from the first key frame on, and watches what describes them. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { VideoFrame } from '@callreel/media/frame/frame.ts';
import { MAX_CODEC_PRIVATE_BYTES, type VideoTrack } from '@callreel/media/matroska/header.ts';
import { decoderConfiguration } from '@callreel/media/mp4/decoder-configuration.ts';
import { withParameterSets } from '@callreel/media/mp4/in-band-sets.ts';

/** What is let in: the picture, and the description of it and the following ones where that is new. */
export type AdmittedPicture = { frame: VideoFrame; data: Uint8Array; description: VideoTrack | undefined };

/** Whether a header must say more of a codec than its name. */
const NEEDS_CONFIGURATION: Readonly<Record<VideoCodecName, boolean>> = {
  VP8: false,
  VP9: false,
  H264: true,
  H265: true,
  AV1: true,
};

export class PictureGate {
  readonly #codec: VideoCodecName;
  #description: VideoTrack | undefined;
  #open = false;

  constructor(codec: VideoCodecName) {
    this.#codec = codec;
  }

  /** Nothing more until the next key frame: pictures before it lean on ones that are missing. */
  shut(): void {
    this.#open = false;
  }

  /** Undefined for a picture that cannot be decoded, or not described in a header. */
  admit(frame: VideoFrame): AdmittedPicture | undefined {
    if (!frame.keyFrame) return this.#open ? { frame, data: frame.data, description: this.#resized(frame) } : undefined;
    const described = this.#describe(frame);
    this.#open = described !== undefined;
    if (described === undefined) return undefined;
    const known = this.#description;
    const isNew = known === undefined || !sameDescription(known, described);
    this.#description = described;
    // The header holds the first sets alone: who seeks finds the right ones with each key frame.
    const data = withParameterSets(frame.data, frame.parameterSets);
    return { frame, data, description: isNew ? described : undefined };
  }

  /** VP9 may change its size without a key frame. */
  #resized({ size }: VideoFrame): VideoTrack | undefined {
    if (size === undefined || this.#description === undefined) return undefined;
    const resized = { ...this.#description, width: size.width, height: size.height };
    if (sameDescription(resized, this.#description)) return undefined;
    this.#description = resized;
    return resized;
  }

  #describe(frame: VideoFrame): VideoTrack | undefined {
    const { width, height } = frame.size ?? { width: 0, height: 0 };
    if (width === 0 || height === 0) return undefined;
    const codecPrivate = frame.parameterSets && decoderConfiguration(frame.parameterSets);
    if (codecPrivate === undefined && NEEDS_CONFIGURATION[this.#codec]) return undefined;
    if (codecPrivate !== undefined && codecPrivate.length > MAX_CODEC_PRIVATE_BYTES) return undefined;
    return { codec: this.#codec, width, height, codecPrivate };
  }
}

const sameDescription = (one: VideoTrack, other: VideoTrack): boolean =>
  one.width === other.width && one.height === other.height && sameBytes(one.codecPrivate, other.codecPrivate);

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one?.length === other?.length && (one ?? new Uint8Array(0)).every((byte, index) => byte === other?.[index]);
