/**
 * Turns what a recorder left in the spool into a finished file, in place. The same for a recording that was closed and for one whose
 * process was killed, and harmless to begin again after being cut short anywhere: it works from the index alone.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { type FinishPlan, FinishPlanner } from '@callreel/media/matroska/finish.ts';
import { INDEX_FILE, MEDIA_FILE } from './live-file.ts';
import { type FinishResult, type Manifest, type RecordingFacts, readManifest, writeManifest } from './manifest.ts';
import { RecorderError } from './recorder-error.ts';
import type { RecordingSpec } from './recording-spec.ts';
import { readIndex, repairIndex } from './spool-index.ts';
import { livingWriter } from './writer-mark.ts';

/** `path` is the finished file; times are milliseconds. */
export type FinishedRecording = { kind: 'finished'; spec: RecordingSpec; path: string } & RecordingFacts;

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
  const result = manifest.state === 'finished' ? manifest.result : await finishIn(folder, manifest);
  if (result.kind === 'empty') return result;
  return { kind: 'finished', spec: manifest.spec, path: join(folder, MEDIA_FILE), ...result.facts };
};

const manifestOf = async (folder: string, key: RecordingKey): Promise<Manifest | undefined> => {
  try {
    return await readManifest(folder);
  } catch (cause) {
    throw RecorderError.damaged(key, 'its manifest cannot be read', cause);
  }
};

const finishIn = async (folder: string, manifest: Manifest): Promise<FinishResult> => {
  const plan = await planFor(folder, manifest);
  const result: FinishResult = plan
    ? { kind: 'finished', facts: factsOf(plan, manifest.spec) }
    : { kind: 'empty', reason: emptyReason(manifest) };
  if (plan) await carryOut(plan, join(folder, MEDIA_FILE));
  const { version, spec, startMs } = manifest;
  await writeManifest(folder, { version, spec, ...(startMs !== undefined && { startMs }), state: 'finished', result });
  return result;
};

const planFor = async (folder: string, manifest: Manifest): Promise<FinishPlan | undefined> => {
  const [mediaPath, indexPath] = [join(folder, MEDIA_FILE), join(folder, INDEX_FILE)];
  try {
    if (manifest.state === 'recording') await repairIndex(mediaPath, indexPath);
    return await planFrom(indexPath, manifest).catch(async (error: unknown) => {
      // It was whole when the recording ended and contradicts itself now: what of it still agrees with the file is kept.
      if (!(error instanceof RangeError)) throw error;
      await repairIndex(mediaPath, indexPath);
      return planFrom(indexPath, manifest);
    });
  } catch (error) {
    // Killed before the files were made.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return undefined;
  }
};

const planFrom = async (indexPath: string, { spec }: Manifest): Promise<FinishPlan | undefined> => {
  const planner = new FinishPlanner({ audio: spec.tracks.audio, video: spec.tracks.video?.codec });
  await readIndex(indexPath, ({ line }) => planner.push(line));
  return planner.plan();
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
  if (manifest.state !== 'ended') return 'nothingWritten';
  const { audioPackets, videoPackets } = manifest.received;
  return audioPackets + videoPackets === 0 ? 'nothingReceived' : 'nothingDecodable';
};
