/** A conference held by synthetic callers, from join to the files: what the whole-call tests have in common. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { CallreelApi } from '@callreel/client/callreel-api.ts';
import type { JoinView } from '@callreel/contract/conference.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import { type CallerOptions, SyntheticCaller } from '@callreel/synthetic/caller.ts';
import type { FileFacts, WantedCaller } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { type MediaPlan, type PreparedMedia, prepareMedia } from '@callreel/synthetic/prepare/prepare-media.ts';

/** Two callers who can be told apart in a merged file. */
export const ALICE = { name: 'alice', hueDegrees: 20, toneHz: 300, beepHz: 1000 } as const;
export const BOB = { name: 'bob', hueDegrees: 200, toneHz: 400, beepHz: 1500 } as const;

/** The bars of the design, for every flash and its beep; positive: sound late. */
export const SYNC_BOUNDS_MS = { early: -60, late: 40 } as const;

type Look = { hueDegrees: number; toneHz: number; beepHz: number };

export const mediaOf = (
  look: Look,
  plan: Partial<MediaPlan> & Pick<MediaPlan, 'durationMs' | 'videoCodec'>,
): Promise<PreparedMedia> => {
  const { hueDegrees, toneHz, beepHz } = look;
  return prepareMedia({ hueDegrees, toneHz, beepHz, audio: true, ...plan });
};

export const joinAs = (api: CallreelApi, confrId: string, userName: string): Promise<JoinView> =>
  api.join(confrId, { userName, role: 'talker' });

export const publishAs = (
  member: JoinView,
  media: PreparedMedia,
  options: Partial<CallerOptions> & { query?: string } = {},
): Promise<SyntheticCaller> => {
  const { query = '', ...rest } = options;
  return SyntheticCaller.publish({ whipUrl: `${member.whip}${query}`, token: member.token, media, ...rest });
};

/** Leaves as a member's own client does. */
export const leave = async (member: JoinView): Promise<void> => {
  const answer = await fetch(member.leave, { method: 'DELETE', headers: { Authorization: `Bearer ${member.token}` } });
  if (!answer.ok) throw new Error(`leaving was answered with ${answer.status}: ${await answer.text()}`);
};

/** Downloads a file through its link and looks into it. */
export const inspectRecording = async (
  recording: RecordingView,
  callers: readonly WantedCaller[] = [],
): Promise<FileFacts> => {
  const folder = await mkdtemp(join(tmpdir(), 'callreel-download-'));
  try {
    const answer = await fetch(recording.url);
    if (!answer.ok) throw new Error(`the link was answered with ${answer.status}: ${await answer.text()}`);
    const path = join(folder, `file${extname(new URL(recording.url).pathname)}`);
    await writeFile(path, Buffer.from(await answer.arrayBuffer()));
    return await inspectFile(path, callers);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Whole numbers from `first` to `last`, both included. */
export const span = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** The children of a process whose command line holds `text`. */
export const childrenOf = async (parent: number, text: string): Promise<number[]> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const [stat, command] = await Promise.all([readOrEmpty(`/proc/${id}/stat`), readOrEmpty(`/proc/${id}/cmdline`)]);
      const parentOfIt = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return parentOfIt === parent && command.includes(text) ? [Number(id)] : [];
    }),
  );
  return found.flat();
};

const readOrEmpty = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Resolves when the caller has sent its media up to this time. */
export const sentUpTo = async (caller: SyntheticCaller, mediaMs: number): Promise<void> => {
  while ((caller.sent.frames.at(-1)?.mediaMs ?? -1) < mediaMs) await new Promise((resolve) => setTimeout(resolve, 10));
};
