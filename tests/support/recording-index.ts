/** What a recording on disk holds, by its index (docs/formats/recording.md). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type RecordedPiece =
  | { kind: 'picture'; bytes: number; atMs: number; key: boolean; width: number; height: number }
  | { kind: 'sound'; bytes: number; atMs: number };

export type RecordedPicture = Extract<RecordedPiece, { kind: 'picture' }>;

/** `p WIDTH HEIGHT PRIVATE`, `v OFFSET LENGTH TIME k` or `a OFFSET LENGTH TIME US`. */
const LINE = /^(?:p (\d+) (\d+) \S+|v \d+ (\d+) (-?[\d.]+) ([k-])|a \d+ (\d+) (-?[\d.]+) \S+)$/gm;

/** Of the only recording in this spool, in the file's order; nothing before its first picture. */
export const readRecordingIndex = async (spoolDir: string): Promise<RecordedPiece[]> => {
  const [folder, ...others] = await readdir(spoolDir);
  if (folder === undefined || others.length > 0) throw new Error(`not one recording is in ${spoolDir}`);
  const index = await readFile(join(spoolDir, folder, 'index'), 'utf8').catch(() => '');
  let size = { width: 0, height: 0 };
  return [...index.matchAll(LINE)].flatMap(
    ([, width, height, bytes, atMs, key, soundBytes, soundMs]): RecordedPiece[] => {
      if (width !== undefined) size = { width: Number(width), height: Number(height) };
      if (bytes !== undefined) {
        return [{ kind: 'picture', bytes: Number(bytes), atMs: Number(atMs), key: key === 'k', ...size }];
      }
      return soundBytes === undefined ? [] : [{ kind: 'sound', bytes: Number(soundBytes), atMs: Number(soundMs) }];
    },
  );
};
