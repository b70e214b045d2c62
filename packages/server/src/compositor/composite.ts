/** Merges the finished recordings of a conference into one file. Runs in the compositor's process: native code, and CPU-bound. */
import { rename, rm, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Canvas } from './canvas.ts';
import { CompositorError } from './compositor-error.ts';
import { AUDIO_FRAME_SAMPLES, VIDEO_ENCODER, type VideoEncoderSettings } from './encoder/encoder-settings.ts';
import { Mp4Output } from './encoder/mp4-output.ts';
import { silenceLibraries } from './native.ts';
import { type CompositeJob, type CompositeResult, unfinishedPath } from './protocol.ts';
import { planScenes, startOf } from './scenes.ts';
import { SAMPLE_RATE } from './sound/sound-block.ts';
import { SoundTrack } from './sound/sound-track.ts';
import { verifyReadable } from './source-decoder.ts';
import { Stage } from './stage.ts';

export type CompositeOptions = {
  /** Whole percent, each at most once, rising. */
  onProgress?: (percent: number) => void;
  signal?: AbortSignal;
  /** For benchmarks. */
  encoder?: VideoEncoderSettings;
};

/** How many frames are made between two looks at the signal and at messages: about 100 ms of work. */
const FRAMES_A_TURN = 25;

/**
 * Writes `job.outputPath`, under another name until it is whole.
 * @throws TypeError where the job has no sources or no duration
 * @throws CompositorError unreadableSource, outputFailed, engineFailed, cancelled
 */
export const composite = async (job: CompositeJob, options: CompositeOptions = {}): Promise<CompositeResult> => {
  verifyJob(job);
  silenceLibraries();
  for (const source of job.sources) {
    if (source.hasVideo || source.hasAudio) verifyReadable(source);
  }
  const path = unfinishedPath(job.outputPath);
  try {
    const frames = await render(job, path, options);
    await rename(path, job.outputPath);
    const { size: sizeBytes } = await stat(job.outputPath);
    return { frames, durationMs: (frames * 1000) / job.framesPerSecond, sizeBytes };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
};

const verifyJob = (job: CompositeJob): void => {
  if (job.sources.length === 0) throw new TypeError('job.sources: nothing to merge');
  if (!(job.endMs > startOf(job))) throw new TypeError('job.endMs: not after the start of the earliest source');
};

const render = async (job: CompositeJob, path: string, options: CompositeOptions): Promise<number> => {
  const startMs = startOf(job);
  const canvas = new Canvas(job.width, job.height);
  const stage = new Stage(canvas, job.sources, planScenes(job));
  const sound = new SoundTrack(job.sources, startMs);
  let output: Mp4Output | undefined;
  try {
    output = new Mp4Output(path, job, options.encoder ?? VIDEO_ENCODER);
    const frames = await renderFrames({ job, startMs, canvas, stage, sound, output }, options);
    output.finish();
    return frames;
  } finally {
    output?.close();
    sound.close();
    stage.close();
    canvas.close();
  }
};

type Rendering = {
  job: CompositeJob;
  startMs: number;
  canvas: Canvas;
  stage: Stage;
  sound: SoundTrack;
  output: Mp4Output;
};

const renderFrames = async (rendering: Rendering, { onProgress, signal }: CompositeOptions): Promise<number> => {
  const { job, startMs, canvas, stage, output } = rendering;
  const intervalMs = 1000 / job.framesPerSecond;
  const frames = Math.ceil((job.endMs - startMs) / intervalMs);
  let percent = -1;
  for (let frame = 0; frame < frames; frame++) {
    if (frame % FRAMES_A_TURN === 0) {
      await nextTurn();
      if (signal?.aborted) throw CompositorError.cancelled();
      const reached = Math.floor((100 * frame) / frames);
      if (reached > percent) onProgress?.(reached);
      percent = reached;
    }
    // The middle of the interval in which the frame is seen: at its start, video would come half a frame late.
    stage.paint(startMs + (frame + 0.5) * intervalMs);
    output.writePicture(canvas.frame);
    writeSoundUpTo(rendering, Math.round(((frame + 1) * SAMPLE_RATE) / job.framesPerSecond), frame === frames - 1);
  }
  onProgress?.(100);
  return frames;
};

/** In whole AAC frames, but for the last. */
const writeSoundUpTo = ({ sound, output }: Rendering, sample: number, last: boolean): void => {
  for (;;) {
    const missing = sample - output.samplesWritten;
    const count = Math.min(missing, AUDIO_FRAME_SAMPLES);
    if (count === 0 || (count < AUDIO_FRAME_SAMPLES && !last)) return;
    const left = new Float32Array(count);
    const right = new Float32Array(count);
    sound.read(left, right);
    output.writeSound(left, right);
  }
};
