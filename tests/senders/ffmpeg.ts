/** FFmpeg's WHIP muxer as a publisher, from the package that merges use anyway. */
import { fileURLToPath } from 'node:url';
import { runToEnd, type WhipTarget } from './publishing-program.ts';

const SCRIPT = fileURLToPath(new URL('ffmpeg-whip.ts', import.meta.url));

/** Publishes ALICE's media; resolves when it ended the publication. */
export const publishByFfmpeg = ({ whipUrl, token }: WhipTarget, durationMs: number): Promise<void> =>
  runToEnd(process.execPath, [SCRIPT, whipUrl, token, String(durationMs)]);
