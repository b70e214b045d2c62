/**
 * CPU time that merging costs: four recordings of 640x360 with a camera's noise to 1280x720 at 25 fps, beside the `ffmpeg`
 * command line doing the same. Options: `--runs 3 --seconds 60`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { arch, cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { composite } from '@callreel/server/compositor/composite.ts';
import { VIDEO_ENCODER, type VideoEncoderSettings } from '@callreel/server/compositor/encoder/encoder-settings.ts';
import type { CompositeSource } from '@callreel/server/compositor/protocol.ts';
import { makeClips } from './merge/clips.ts';
import { ffmpegVersion, mergeByFilters, ssimOf } from './merge/ffmpeg-command.ts';

/** `reference`: the same pictures without loss, for SSIM. */
type Subject = {
  name: string;
  merge(output: string): Promise<number>;
  reference?: (output: string) => Promise<unknown>;
};
type Measured = { cpuSeconds: number[]; sizeBytes: number; ssim: number | undefined };

/** Four members are to cost about so much a minute on the machine that `docs/` names. */
const BAR_CPU_SECONDS = 16;
const LOSSLESS: VideoEncoderSettings = { preset: 'ultrafast', crf: 0, x264: 'qp=0' };

const mergeByUs = async (
  sources: CompositeSource[],
  outputPath: string,
  encoder: VideoEncoderSettings,
): Promise<number> => {
  const before = process.cpuUsage();
  const endMs = Math.max(...sources.map((source) => source.endMs));
  await composite({ outputPath, width: 1280, height: 720, framesPerSecond: 25, endMs, sources }, { encoder });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

const subjectsOf = (sources: CompositeSource[], withFfmpeg: boolean): Subject[] => {
  const silentCameras = sources.map((source) => ({ ...source, hasVideo: false }));
  const paths = sources.map((source) => source.path);
  const ours: Subject[] = [
    {
      name: 'Callreel',
      merge: (output) => mergeByUs(sources, output, VIDEO_ENCODER),
      reference: (output) => mergeByUs(sources, output, LOSSLESS),
    },
    { name: 'Callreel, cameras off', merge: (output) => mergeByUs(silentCameras, output, VIDEO_ENCODER) },
  ];
  if (!withFfmpeg) return ours;
  const byFilters = (quality: string[]) => async (output: string) => mergeByFilters(paths, output, quality);
  return [
    ...ours,
    {
      name: 'ffmpeg xstack+amix veryfast',
      merge: byFilters(['-preset', 'veryfast', '-crf', '23']),
      reference: byFilters(['-preset', 'ultrafast', '-qp', '0']),
    },
  ];
};

const measure = async (subjects: Subject[], folder: string, runs: number, withSsim: boolean): Promise<Measured[]> => {
  const outputs = subjects.map((_, index) => join(folder, `merged${index}.mp4`));
  const measured: Measured[] = subjects.map(() => ({ cpuSeconds: [], sizeBytes: 0, ssim: undefined }));
  for (let run = 0; run < runs; run++) {
    for (const [index, subject] of subjects.entries()) {
      measured[index]?.cpuSeconds.push(await subject.merge(outputs[index] ?? ''));
    }
  }
  for (const [index, result] of measured.entries()) {
    const output = outputs[index] ?? '';
    result.sizeBytes = statSync(output).size;
    const reference = join(folder, 'reference.mp4');
    if (!withSsim || !subjects[index]?.reference) continue;
    await subjects[index].reference(reference);
    result.ssim = ssimOf(output, reference);
  }
  return measured;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const rowOf = (name: string, { cpuSeconds, sizeBytes, ssim }: Measured, seconds: number) => {
  const perMinute = cpuSeconds.map((each) => (each * 60) / seconds);
  return {
    what: name,
    'CPU-s per minute': median(perMinute).toFixed(1),
    'least–most': `${Math.min(...perMinute).toFixed(1)}–${Math.max(...perMinute).toFixed(1)}`,
    'kbit/s': Math.round((sizeBytes * 8) / seconds / 1000),
    SSIM: ssim?.toFixed(4) ?? '–',
  };
};

export const run = async (options: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...options],
    options: { runs: { type: 'string', default: '3' }, seconds: { type: 'string', default: '60' } },
  });
  const [runs, seconds] = [Number(values.runs), Number(values.seconds)];
  const version = ffmpegVersion();
  console.log(`Merge 4 × 640x360 VP8+Opus to 1280x720 at 25 fps, H264+AAC. Median of ${runs} runs of ${seconds} s.`);
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? arch()}, Linux ${release()}, Node ${process.version}`,
  );
  console.log(
    version ? `Beside ffmpeg ${version}.` : 'Without ffmpeg to compare with: the command line is not installed.',
  );
  const folder = mkdtempSync(join(tmpdir(), 'callreel-merge-'));
  try {
    const sources = makeClips(folder, { count: 4, width: 640, height: 360, seconds });
    const subjects = subjectsOf(sources, version !== undefined);
    const measured = await measure(subjects, folder, runs, version !== undefined);
    console.table(measured.map((result, index) => rowOf(subjects[index]?.name ?? '', result, seconds)));
    const [ours, , theirs] = measured.map((result) => median(result.cpuSeconds));
    const perMinute = ((ours ?? Number.NaN) * 60) / seconds;
    console.log(`Callreel: ${perMinute.toFixed(1)} CPU-s a minute (bar: about ${BAR_CPU_SECONDS})`);
    if (theirs) console.log(`Ratio Callreel : ffmpeg ${((ours ?? Number.NaN) / theirs).toFixed(2)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
