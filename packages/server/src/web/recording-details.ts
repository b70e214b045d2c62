/** A listed file in our own shape: the vendor's, with what is known of the file. */
import type { RecordingDetails, ReportedRecording } from '@callreel/contract/recording.ts';
import { RecordingReport, type Verdict } from '@callreel/contract/recording-report.ts';
import { Value } from 'typebox/value';
import type { RecordingRow } from '../store/rows.ts';
import { recordingView, type ViewMeans } from './recording-view.ts';

/** What is in a row's facts is what listing, merging and hashing wrote there. */
type Facts = {
  startedAtWallMs?: number;
  endedAtWallMs?: number;
  video?: { codec: string; width: number; height: number };
  audio?: { codec: string };
  sources?: number;
  sha256?: string;
  verdict?: Verdict;
};

export const recordingDetails = (row: RecordingRow, means: ViewMeans): RecordingDetails => {
  const { startedAtWallMs, endedAtWallMs, video, audio, sources, sha256, verdict } = row.facts as Facts;
  const format = (ms: number): string => means.time.format(new Date(ms));
  return {
    ...recordingView(row, means),
    container: row.container,
    sizeBytes: row.sizeBytes,
    durationMs: row.durationMs,
    ...(startedAtWallMs !== undefined && { startTime: format(startedAtWallMs) }),
    ...(endedAtWallMs !== undefined && { endTime: format(endedAtWallMs) }),
    ...(video && { video: { codec: video.codec, width: video.width, height: video.height } }),
    ...(audio && { audio: { codec: audio.codec } }),
    ...(sources !== undefined && { sources }),
    ...(sha256 !== undefined && { sha256 }),
    ...(verdict !== undefined && { verdict }),
  };
};

/** `report` is what the store has of it. */
export const reportedRecording = (row: RecordingRow, report: unknown, means: ViewMeans): ReportedRecording => ({
  ...recordingDetails(row, means),
  ...(Value.Check(RecordingReport, report) && { report }),
});
