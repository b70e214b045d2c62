/** For tests: records what is delivered on virtual time, and reads the report of the finished file. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gap, RecordingReport } from '@callreel/contract/recording-report.ts';
import { type FinishedRecording, finishRecording } from '../finish.ts';
import { PublicationRecorder } from '../publication-recorder.ts';
import type { RecordingSpec } from '../recording-spec.ts';
import { SpoolDisk, type SpoolPort } from '../spool-disk.ts';
import { type Delivery, specOf, VirtualTime } from '../virtual-publisher-fixture.ts';

export const START_MS = 1000;
export const BOTH: RecordingSpec['tracks'] = { audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } };

/** One recording under way. */
export class ReportStage {
  readonly spoolDir: string;
  readonly spec: RecordingSpec;
  readonly time = new VirtualTime(START_MS - 50);
  readonly recorder: PublicationRecorder;
  /** When key frames were asked for, milliseconds behind the start; none that is older than `sinceMs` would do. */
  readonly keyFrameRequests: { atMs: number; sinceMs: number | undefined }[] = [];

  private constructor(spoolDir: string, spec: RecordingSpec, port: SpoolPort | undefined) {
    this.spoolDir = spoolDir;
    this.spec = spec;
    this.recorder = new PublicationRecorder({
      spec,
      spoolDir,
      nowMs: this.time.nowMs,
      requestKeyFrame: (sinceMs) => {
        this.keyFrameRequests.push({
          atMs: this.time.nowMs() - START_MS,
          sinceMs: sinceMs === undefined ? undefined : sinceMs - START_MS,
        });
      },
      onError: () => {},
      ...(port && { disk: new SpoolDisk({ port }) }),
    });
  }

  static async begin(tracks = BOTH, port?: SpoolPort): Promise<ReportStage> {
    return new ReportStage(await mkdtemp(join(tmpdir(), 'report-')), specOf(tracks), port);
  }

  /** On a disk of the caller's own. */
  static on(spoolDir: string): ReportStage {
    return new ReportStage(spoolDir, specOf(BOTH), undefined);
  }

  get folder(): string {
    return join(this.spoolDir, this.spec.recordingKey);
  }

  /** What of these comes until `untilMs` behind the start, and was not played before. */
  async play(deliveries: readonly Delivery[], untilMs: number): Promise<void> {
    const nowMs = this.time.nowMs();
    const due = deliveries.filter(({ atMs }) => atMs > nowMs && atMs <= START_MS + untilMs);
    await this.time.play(this.recorder, due, START_MS + untilMs);
  }

  async end(reason = 'unpublished'): Promise<FinishedRecording> {
    await this.recorder.close(reason);
    return this.finish();
  }

  async finish(): Promise<FinishedRecording> {
    const finished = await finishRecording(this.spoolDir, this.spec.recordingKey);
    assert.ok(finished.kind === 'finished');
    assertAddsUp(finished.report);
    return finished;
  }

  /** Another spool, with this recording as a kill would leave it now. */
  async killed(): Promise<string> {
    const spoolDir = join(this.spoolDir, 'killed');
    await cp(this.folder, join(spoolDir, this.spec.recordingKey), { recursive: true, preserveTimestamps: true });
    const mark = join(spoolDir, this.spec.recordingKey, 'writer');
    await writeFile(mark, (await readFile(mark, 'utf8')).replace(`${process.pid}`, '4194305'));
    return spoolDir;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.spoolDir, { recursive: true, force: true });
  }
}

/** What is present and what is not make up what is expected, whatever happened. */
export const assertAddsUp = (report: RecordingReport): void => {
  for (const track of ['audio', 'video'] as const) {
    const told = report[track];
    if (told === undefined) continue;
    const gaps = report.gaps.filter((gap) => gap.track === track);
    const missingMs = gaps.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
    assert.equal(told.presentMs + missingMs, told.expectedMs);
    if (track === 'video' && report.video?.frames === 0) assert.equal(told.presentMs, 0);
    assert.ok(told.presentMs >= 0 && told.presentMs <= told.expectedMs);
    gaps.forEach(({ startMs, endMs, lengthMs, count }, index) => {
      assert.ok(startMs >= (gaps[index - 1]?.startMs ?? 0) && endMs <= told.expectedMs + 1, `${startMs}–${endMs}`);
      if (count === 1) assert.equal(endMs - startMs, lengthMs);
    });
  }
};

export const gapsOf = (report: RecordingReport, track: Gap['track']): string[] =>
  report.gaps.filter((gap) => gap.track === track).map(({ cause, startMs, endMs }) => `${cause} ${startMs}–${endMs}`);
