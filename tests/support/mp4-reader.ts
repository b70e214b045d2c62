/** MP4s as mp4box.js reads them, which is neither ours nor FFmpeg's. */
import { createFile, MP4BoxBuffer } from 'mp4box';

export type Mp4Track = { codec: string; width: number; height: number; samples: number; keyFrames: number };
export type Mp4Facts = { tracks: Mp4Track[]; isProgressive: boolean; durationMs: number };

/** Throws where a box does not add up, or a sample lies outside of the file. */
export const readMp4 = (bytes: Buffer): Mp4Facts => {
  const file = createFile(true);
  const failures: string[] = [];
  file.onError = (_module, message) => failures.push(message);
  const copy = Uint8Array.from(bytes).buffer;
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(copy, 0));
  file.flush();
  if (failures.length > 0) throw new Error(`mp4box.js: ${failures.join(' ')}`);
  const { tracks, isProgressive, duration, timescale } = file.getInfo();
  return {
    isProgressive,
    durationMs: (1000 * duration) / timescale,
    tracks: tracks.map(({ id, codec, nb_samples, track_width, track_height }) => {
      const samples = file.getTrackSamplesInfo(id);
      const outside = samples.find(({ offset, size }) => offset + size > bytes.length);
      if (outside) throw new Error(`a sample of ${outside.size} bytes lies at ${outside.offset}`);
      const keyFrames = samples.filter(({ is_sync }) => is_sync).length;
      return { codec, width: track_width, height: track_height, samples: nb_samples, keyFrames };
    }),
  };
};
