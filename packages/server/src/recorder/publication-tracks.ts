/** What turns the packets of one connection into frames: its sound, and its picture in all layers, under one sender's clock. */
import { SenderClock } from '@callreel/media/clock/sender-clock.ts';
import { TrackClock } from '@callreel/media/clock/track-clock.ts';
import type { DropReason } from '@callreel/media/depacketize/depacketizer.ts';
import { SOUND_CODECS } from '@callreel/media/depacketize/sound-codec.ts';
import { type LayerCut, PictureLayers } from './picture-layers.ts';
import type { RecordingSpec, TrackKind } from './recording-spec.ts';
import { TrackRecorder } from './track-recorder.ts';

export type PublicationTracks = { audio?: TrackRecorder; video?: PictureLayers };

export type TracksOptions = {
  onNeedsKeyFrame: () => void;
  onLeftOut: (track: TrackKind, reason: DropReason) => void;
  onCut: (cut: LayerCut) => void;
};

const VIDEO_CLOCK_RATE_HZ = 90_000;

export const makeTracks = ({ audio, video }: RecordingSpec['tracks'], options: TracksOptions): PublicationTracks => {
  const sender = new SenderClock();
  return {
    ...(audio && {
      audio: new TrackRecorder({
        codec: audio.codec,
        clock: new TrackClock({ clockRate: SOUND_CODECS[audio.codec].clockRateHz, sender }),
        onNeedsKeyFrame: options.onNeedsKeyFrame,
        onLeftOut: (reason) => options.onLeftOut('audio', reason),
      }),
    }),
    ...(video && {
      video: new PictureLayers({
        makeTrack: (onNeedsKeyFrame, onLeftOut) => {
          const clock = new TrackClock({ clockRate: VIDEO_CLOCK_RATE_HZ, sender });
          return new TrackRecorder({ codec: video.codec, clock, onNeedsKeyFrame, onLeftOut });
        },
        onNeedsKeyFrame: options.onNeedsKeyFrame,
        onLeftOut: (reason) => options.onLeftOut('video', reason),
        onCut: options.onCut,
      }),
    }),
  };
};
