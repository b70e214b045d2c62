import type { VideoFacts, WantedCaller } from './file-facts.ts';
import type { DecodedPiece } from './media-file.ts';
import { pictureOf } from './native-frame.ts';
import { type PictureFacts, PictureTrack } from './picture-track.ts';

/** Collects what is seen in a file. */
export class VideoWatcher {
  readonly #facts: VideoFacts;
  readonly #tracks = new Map<string, PictureTrack>();

  constructor(stream: Pick<VideoFacts, 'codec' | 'width' | 'height'>, callers: readonly WantedCaller[]) {
    this.#facts = { ...stream, frameTimesMs: [], keyFrameTimesMs: [], decodeErrors: 0 };
    for (const { name, hueDegrees, within } of callers) this.#tracks.set(name, new PictureTrack(hueDegrees, within));
  }

  handle(piece: DecodedPiece): void {
    if (piece.kind === 'videoPacket' && piece.keyFrame) this.#facts.keyFrameTimesMs.push(piece.timeMs);
    if (piece.kind === 'decodeError' && piece.of === 'video') this.#facts.decodeErrors += 1;
    if (piece.kind !== 'picture') return;
    this.#facts.frameTimesMs.push(piece.timeMs);
    for (const track of this.#tracks.values()) track.add(pictureOf(piece.frame), piece.timeMs);
  }

  get facts(): VideoFacts {
    return this.#facts;
  }

  pictureFacts(name: string): PictureFacts | undefined {
    return this.#tracks.get(name)?.facts;
  }
}
