/**
 * Turns what a recorder left in the spool into a finished file, in place. The same for a recording that was closed and for one whose
 * process was killed, and harmless to begin again after being cut short anywhere: it works from the index alone.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import { type FinishPlan, FinishPlanner } from '@callreel/media/matroska/finish.ts';
import { INDEX_FILE, MEDIA_FILE } from './live-file.ts';
import { type FinishResult, type Manifest, type RecordingFacts, readManifest, writeManifest } from './manifest.ts';
import { RecorderError } from './recorder-error.ts';
import type { RecordingSpec, TrackKind } from './recording-spec.ts';
import { completeReport, lostReport, type WritingEnd } from './report/complete-report.ts';
import { Presence } from './report/presence.ts';
import { readIndex, repairIndex } from './spool-index.ts';
import { hasWriterMark, livingWriter } from './writer-mark.ts';

/** `path` is the finished file; times are milliseconds. */
export type FinishedRecording = {
  kind: 'finished';
  spec: RecordingSpec;
  path: string;
  report: RecordingReport;
} & RecordingFacts;

/** Nothing came, or nothing that can be decoded: there is no file to keep. */
export type EmptyRecording = { kind: 'empty'; reason: string };

/**
 * Finishes the recording `key` in `spoolDir`.
 * @throws RecorderError `stillRecording` while the process that writes it is alive, `damaged` where its manifest cannot be read
 */
export const finishRecording = async (
  spoolDir: string,
  key: RecordingKey,
): Promise<FinishedRecording | EmptyRecording> => {
  const folder = join(spoolDir, key);
  const writer = await livingWriter(folder);
  if (writer !== undefined) throw RecorderError.stillRecording(key, writer);
  const manifest = await manifestOf(folder, key);
  // The manifest is written before the files are made.
  if (manifest === undefined) return { kind: 'empty', reason: 'nothingReceived' };
  const finished = manifest.state === 'finished' ? manifest : await finishIn(folder, manifest);
  const { spec, result, report } = finished;
  if (result.kind === 'empty') return result;
  return {
    ...{ kind: 'finished', spec, path: join(folder, MEDIA_FILE) },
    report: report ?? lostReport(tracksOf(spec), result.facts.durationMs),
    ...result.facts,
  };
};

const manifestOf = async (folder: string, key: RecordingKey): Promise<Manifest | undefined> => {
  try {
    return await readManifest(folder);
  } catch (cause) {
    throw RecorderError.damaged(key, 'its manifest cannot be read', cause);
  }
};

type FinishedManifest = Extract<Manifest, { state: 'finished' }>;

const finishIn = async (folder: string, manifest: Manifest): Promise<FinishedManifest> => {
  const { version, spec, startMs } = manifest;
  const planned = await planFor(folder, manifest);
  const report = planned && (await reportOf(folder, manifest, planned));
  const result: FinishResult = planned
    ? { kind: 'finished', facts: factsOf(planned.plan, spec) }
    : { kind: 'empty', reason: emptyReason(manifest) };
  if (planned) await carryOut(planned.plan, join(folder, MEDIA_FILE));
  const start = planned?.plan.startMs ?? startMs;
  const finished: FinishedManifest = {
    ...{ version, spec, state: 'finished', result },
    ...(start !== undefined && { startMs: start }),
    ...(report && { report }),
  };
  await writeManifest(folder, finished);
  return finished;
};

/** `lastWrittenAtMs`: when its writer last wrote, milliseconds since 1970. */
type Planned = { plan: FinishPlan; presence: Presence; isDamaged: boolean; lastWrittenAtMs: number };

const planFor = async (folder: string, manifest: Manifest): Promise<Planned | undefined> => {
  const [mediaPath, indexPath] = [join(folder, MEDIA_FILE), join(folder, INDEX_FILE)];
  try {
    const lastWrittenAtMs = (await stat(mediaPath)).mtimeMs;
    if (manifest.state === 'recording') await repairIndex(mediaPath, indexPath);
    const whole = await planFrom(indexPath, manifest).catch((error: unknown) => {
      // It was whole when the recording ended and contradicts itself now: what of it still agrees with the file is kept.
      if (!(error instanceof RangeError)) throw error;
      return 'damaged' as const;
    });
    if (whole === 'damaged') await repairIndex(mediaPath, indexPath);
    const planned = whole === 'damaged' ? await planFrom(indexPath, manifest) : whole;
    return planned && { ...planned, isDamaged: whole === 'damaged', lastWrittenAtMs };
  } catch (error) {
    // Killed before the files were made.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return undefined;
  }
};

const planFrom = async (
  indexPath: string,
  { spec }: Manifest,
): Promise<Pick<Planned, 'plan' | 'presence'> | undefined> => {
  const planner = new FinishPlanner({ audio: spec.tracks.audio, video: spec.tracks.video?.codec });
  const presence = new Presence();
  await readIndex(indexPath, ({ line }) => {
    planner.push(line);
    presence.push(line);
  });
  const plan = planner.plan();
  return plan && { plan, presence };
};

const tracksOf = ({ tracks }: RecordingSpec): TrackKind[] =>
  (['audio', 'video'] as const).filter((track) => tracks[track] !== undefined);

const reportOf = async (folder: string, manifest: Manifest, planned: Planned): Promise<RecordingReport> => {
  const { plan, presence, lastWrittenAtMs } = planned;
  const { spec, report } = manifest;
  return completeReport({
    tracks: tracksOf(spec),
    durationMs: plan.durationMs,
    presence,
    report,
    writingEnd: await writingEndOf(folder, manifest, planned.isDamaged),
    lastWrittenMs: lastWrittenAtMs - spec.conferenceZeroWallMs - plan.startMs,
    pausedAtMs: manifest.pausedAtMs === undefined ? undefined : manifest.pausedAtMs - plan.startMs,
  });
};

/** Who closes a recording takes the mark away, also where the disk does not let the manifest say so. */
const writingEndOf = async (folder: string, manifest: Manifest, isDamaged: boolean): Promise<WritingEnd> => {
  if (manifest.state !== 'recording') return isDamaged ? 'damaged' : 'closed';
  return (await hasWriterMark(folder)) ? 'crash' : 'diskFailed';
};

const carryOut = async (plan: FinishPlan, path: string): Promise<void> => {
  const file = await open(path, 'r+');
  try {
    await file.truncate(plan.framesEnd);
    await write(file, plan.append, plan.framesEnd);
    // What the head will point at must be there before the head.
    await file.datasync();
    for (const { offset, bytes } of plan.patches) await write(file, bytes, offset);
    await file.datasync();
  } finally {
    await file.close();
  }
};

const write = async (file: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
};

const factsOf = (plan: FinishPlan, spec: RecordingSpec): RecordingFacts => {
  const { container, sizeBytes, durationMs, startMs, video, audio } = plan;
  const endMs = startMs + durationMs;
  return {
    container,
    sizeBytes,
    durationMs,
    startMs,
    endMs,
    startedAtWallMs: spec.conferenceZeroWallMs + startMs,
    endedAtWallMs: spec.conferenceZeroWallMs + endMs,
    ...(video && { video }),
    ...(audio && { audio }),
  };
};

const emptyReason = (manifest: Manifest): string => {
  const isEnded = manifest.state === 'ended';
  if (isEnded && manifest.received.audioPackets + manifest.received.videoPackets === 0) return 'nothingReceived';
  if (manifest.pausedAtMs !== undefined) return 'paused';
  return isEnded ? 'nothingDecodable' : 'nothingWritten';
};
