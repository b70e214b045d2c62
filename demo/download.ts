import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { DemoError } from './demo-error.ts';

export type Download = {
  recording: RecordingView;
  path: string;
  sizeBytes: number;
  /** How the link answered to a part of the file. */
  partAnswered: 'right' | string;
};

const NAMES: Record<RecordingView['recordType'], (userName: string) => string> = {
  ONLY_REC_ONE_AV: (userName) => `${userName}-camera`,
  ONLY_REC_ONE_DESKTOP: (userName) => `${userName}-screen`,
  MERGE_ALL: () => 'merged',
};

/** `org#app_user` to `user`. */
export const userOf = ({ userName }: RecordingView): string => userName.slice(userName.indexOf('_') + 1);

const PART_BYTES = 1000;

const askForPart = async (url: string, whole: Buffer): Promise<string> => {
  const response = await fetch(url, { headers: { range: `bytes=0-${PART_BYTES - 1}` } });
  const part = Buffer.from(await response.arrayBuffer());
  if (response.status !== 206) return `answered with ${response.status}`;
  return part.equals(whole.subarray(0, PART_BYTES)) ? 'right' : 'other bytes than those of the whole file';
};

/** Downloads a recording through its link, without any token, whole and a part of it. Throws DemoError. */
export const download = async (recording: RecordingView, folder: string): Promise<Download> => {
  const url = new URL(recording.url);
  const response = await fetch(url);
  if (!response.ok) throw DemoError.callRefused('GET', url.pathname, response.status, await response.text());
  const bytes = Buffer.from(await response.arrayBuffer());
  const extension = url.pathname.slice(url.pathname.lastIndexOf('.'));
  const path = join(folder, NAMES[recording.recordType](userOf(recording)) + extension);
  await writeFile(path, bytes);
  return { recording, path, sizeBytes: bytes.length, partAnswered: await askForPart(recording.url, bytes) };
};
