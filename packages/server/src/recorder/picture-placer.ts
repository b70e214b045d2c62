/** Puts a publication's pictures at their place in the file: from a key frame on, and nothing of what is shown in a pause. */
import type { VideoCodecName } from '@callreel/contract/conference.ts';
import type { VideoFrame } from '@callreel/media/frame/frame.ts';
import type { KeyFrameRequests } from './key-frame-requests.ts';
import type { PlacedPicture } from './media-writer.ts';
import { PauseGate } from './pause-gate.ts';
import { PictureGate } from './picture-gate.ts';
import type { Missing } from './report/evidence.ts';
import type { RecordingReporter } from './report/recording-reporter.ts';
import type { TimedFrame } from './track-recorder.ts';

export type PicturePlacerOptions = { codec: VideoCodecName; reporter: RecordingReporter; keyFrames: KeyFrameRequests };

export class PicturePlacer {
  readonly pauses: PauseGate;
  readonly #options: PicturePlacerOptions;
  readonly #gate: PictureGate;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(options: PicturePlacerOptions) {
    const { codec, reporter } = options;
    this.#options = options;
    this.#gate = new PictureGate(codec);
    this.pauses = new PauseGate({
      onPause: (atMs) => reporter.handlePause('video', atMs),
      onGoOn: (atMs) => reporter.handleGoingOn('video', atMs),
    });
  }

  /** When the newest one was taken that came, in the file or not. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Nothing more until the next key frame. */
  shut(): void {
    this.#gate.shut();
  }

  /** In the order in which they were sent. */
  place(frames: readonly TimedFrame[]): PlacedPicture[] {
    return frames.flatMap(({ frame, localMs, missing }) =>
      frame.kind === 'video' ? (this.#place(frame, localMs, missing) ?? []) : [],
    );
  }

  #place(frame: VideoFrame, localMs: number, missing: Missing): PlacedPicture | undefined {
    const { reporter, keyFrames } = this.#options;
    this.#newestMs = Math.max(this.#newestMs, localMs);
    if (!this.pauses.admits(frame.arrivalMs, localMs)) {
      this.#gate.shut();
      reporter.handleLeftOut('video', 'paused');
      return undefined;
    }
    const picture = this.#gate.admit(frame);
    if (picture === undefined) {
      keyFrames.need();
      reporter.handleLeftOut('video', 'waitingForKeyFrame');
      reporter.handleMissing('video', { ...missing, frames: missing.frames + 1 });
      return undefined;
    }
    if (frame.keyFrame) keyFrames.handleKeyFrame();
    reporter.placePicture({ rtpTimestamp: frame.rtpTimestamp, localMs, missing });
    return { kind: 'video', localMs, picture };
  }
}
