import { GAP_CAUSES, type GapCause } from '@callreel/contract/gap-cause.ts';
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';

/** For how many seconds each cause left a track without media; of two tracks the one that lacks more. */
export const secondsByCause = ({ gaps }: Pick<RecordingReport, 'gaps'>): { cause: GapCause; seconds: number }[] =>
  GAP_CAUSES.flatMap((cause) => {
    const missingMs = (wanted: string): number =>
      gaps.reduce((sum, gap) => sum + (gap.cause === cause && gap.track === wanted ? gap.lengthMs : 0), 0);
    const seconds = Math.ceil(Math.max(missingMs('audio'), missingMs('video')) / 100) / 10;
    return seconds > 0 ? [{ cause, seconds }] : [];
  });

/** `m:ss`, or `h:mm:ss` from an hour on. */
export const formatDuration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((value, index) => (index === 0 ? String(value) : String(value).padStart(2, '0'))).join(':');
};

/** `user1` of `org#app_user1`. An app's name may itself hold `_`, so the owner's length decides. */
export const bareUserName = ({ userName, owner }: Pick<RecordingView, 'userName' | 'owner'>): string =>
  userName.startsWith(`${owner}_`) ? userName.slice(owner.length + 1) : userName;

/** Whose file it is: a name, or the key of the word for everyone. */
export const ownerOf = (recording: RecordingView): string =>
  recording.recordType === 'MERGE_ALL' ? '@table.everyone' : bareUserName(recording);

/** How the file's name ends: `webm`, `mp4` or `mkv`. */
export const fileEnding = (url: string): string =>
  /\.(\w+)$/.exec(new URL(url, 'http://localhost').pathname)?.[1] ?? '';

/** The link that saves the file instead of showing it. */
export const downloadUrl = (url: string): string => `${url}${url.includes('?') ? '&' : '?'}download=1`;
