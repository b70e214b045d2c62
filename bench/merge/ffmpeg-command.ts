/** The `ffmpeg` command line, where it is installed: the same merge by its filters, and SSIM. */
import { spawnSync } from 'node:child_process';

const ffmpeg = (args: readonly string[]): string => {
  const { status, stderr } = spawnSync('ffmpeg', ['-hide_banner', '-nostats', '-y', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg failed: ${stderr.slice(-2000)}`);
  return stderr;
};

/** Its version, or undefined where there is none. */
export const ffmpegVersion = (): string | undefined =>
  /^ffmpeg version (\S+)/.exec(spawnSync('ffmpeg', ['-version'], { encoding: 'utf8' }).stdout ?? '')?.[1];

/** Merges four recordings of 640x360; the CPU seconds that took. */
export const mergeByFilters = (paths: readonly string[], output: string, quality: readonly string[]): number => {
  const video = paths.map((_, i) => `[${i}:v]fps=25,scale=640:360[v${i}]`).join(';');
  const stack = `${paths.map((_, i) => `[v${i}]`).join('')}xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[v]`;
  const mix = `${paths.map((_, i) => `[${i}:a]`).join('')}amix=inputs=4[a]`;
  const told = ffmpeg([
    '-benchmark',
    ...paths.flatMap((path) => ['-i', path]),
    ...['-filter_complex', `${video};${stack};${mix}`, '-map', '[v]', '-map', '[a]'],
    ...['-c:v', 'libx264', ...quality, '-c:a', 'aac', '-b:a', '128k', '-movflags', '+faststart', output],
  ]);
  const times = /utime=([\d.]+)s stime=([\d.]+)s/.exec(told);
  return Number(times?.[1]) + Number(times?.[2]);
};

/** How like the pictures of one file are to another's: 1 is the same. */
export const ssimOf = (path: string, reference: string): number =>
  Number(/ All:([\d.]+)/.exec(ffmpeg(['-i', path, '-i', reference, '-an', '-lavfi', 'ssim', '-f', 'null', '-']))?.[1]);
