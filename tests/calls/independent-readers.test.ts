/** Every combination of codecs, recorded on virtual time, before readers of Matroska and MP4 that are neither ours nor FFmpeg's. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AudioCodecName, VideoCodecName } from '@callreel/contract/conference.ts';
import type { Container } from '@callreel/contract/recording.ts';
import { type FinishedRecording, finishRecording } from '@callreel/server/recorder/finish.ts';
import { PublicationRecorder } from '@callreel/server/recorder/publication-recorder.ts';
import { deliveriesOf, specOf, VirtualTime } from '@callreel/server/recorder/virtual-publisher-fixture.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import { type PreparedMedia, prepareMedia } from '@callreel/synthetic/prepare/prepare-media.ts';
import { openBrowser, skip as skipBrowser, type TestBrowser } from '../support/browser.ts';
import { Cleanups } from '../support/cleanups.ts';
import { FileServer } from '../support/file-server.ts';
import { identify, skip } from '../support/mkvtoolnix.ts';
import { readMp4 } from '../support/mp4-reader.ts';
import { playInPage } from '../support/playing.ts';
import { assertPlays } from '../support/whole-file.ts';

const DURATION_MS = 3000;
const FRAMES = 75;

type Combination = {
  video?: VideoCodecName;
  audio?: AudioCodecName;
  container: Container;
  /** As Matroska names them. */
  ids: string[];
};

const COMBINATIONS: Combination[] = [
  { video: 'VP8', audio: 'opus', container: 'webm', ids: ['V_VP8', 'A_OPUS'] },
  { video: 'VP9', audio: 'opus', container: 'webm', ids: ['V_VP9', 'A_OPUS'] },
  { video: 'AV1', audio: 'opus', container: 'webm', ids: ['V_AV1', 'A_OPUS'] },
  { video: 'VP8', container: 'webm', ids: ['V_VP8'] },
  { video: 'VP9', container: 'webm', ids: ['V_VP9'] },
  { video: 'AV1', container: 'webm', ids: ['V_AV1'] },
  { audio: 'opus', container: 'webm', ids: ['A_OPUS'] },
  { video: 'H264', audio: 'opus', container: 'mkv', ids: ['V_MPEG4/ISO/AVC', 'A_OPUS'] },
  { video: 'H265', audio: 'opus', container: 'mkv', ids: ['V_MPEGH/ISO/HEVC', 'A_OPUS'] },
  { video: 'H265', container: 'mkv', ids: ['V_MPEGH/ISO/HEVC'] },
  { video: 'VP8', audio: 'PCMU', container: 'mkv', ids: ['V_VP8', 'A_MS/ACM'] },
  { video: 'H264', audio: 'PCMA', container: 'mkv', ids: ['V_MPEG4/ISO/AVC', 'A_MS/ACM'] },
  { audio: 'PCMU', container: 'mkv', ids: ['A_MS/ACM'] },
  { audio: 'PCMA', container: 'mkv', ids: ['A_MS/ACM'] },
  { video: 'H264', container: 'mp4', ids: [] },
];

const cleanups = new Cleanups();
let folder: string;
let browser: TestBrowser | undefined;
let files: FileServer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'independent-readers-'));
  cleanups.add(() => rm(folder, { recursive: true }));
  files = await FileServer.start(folder);
  cleanups.add(() => files.stop());
  if (skipBrowser) return;
  const opened = await openBrowser();
  browser = opened;
  cleanups.add(() => opened.close());
});
after(() => cleanups.run());

const prepared = ({ video, audio }: Combination): Promise<PreparedMedia> =>
  prepareMedia({
    ...{ durationMs: DURATION_MS, hueDegrees: 60, toneHz: 300, beepHz: 1000, width: 320, height: 180 },
    ...{ videoCodec: video ?? null, audio: audio !== undefined, audioCodec: audio ?? 'opus' },
  });

const record = async (combination: Combination): Promise<FinishedRecording> => {
  const { video, audio, container } = combination;
  const spoolDir = await mkdtemp(join(folder, 'spool-'));
  const spec = specOf({
    ...(audio && { audio: { codec: audio, channels: 1 } }),
    ...(video && { video: { codec: video } }),
  });
  const time = new VirtualTime(900);
  const recorder = new PublicationRecorder({
    ...{ spec, spoolDir, nowMs: time.nowMs, requestKeyFrame: () => {} },
    onError: (error) => assert.fail(error),
  });
  await time.play(recorder, deliveriesOf(await prepared(combination), { startMs: 1000 }), 1000 + DURATION_MS + 100);
  await recorder.close('unpublished');
  const recording = await finishRecording(spoolDir, spec.recordingKey);
  assert.ok(recording.kind === 'finished');
  const path = join(folder, `${[video, audio].filter(Boolean).join('-')}.${container}`);
  await rename(recording.path, path);
  return { ...recording, path };
};

const checkMatroska = async (recording: FinishedRecording, { video, audio, ids }: Combination): Promise<void> => {
  const { tracks, durationMs } = await identify(recording.path);
  assert.deepEqual(
    tracks.map(({ codecId }) => codecId),
    ids,
  );
  assert.ok(Math.abs(durationMs - recording.durationMs) < 2, `${durationMs} ms`);
  const picture = tracks.find(({ type }) => type === 'video');
  assert.equal(picture?.pixelDimensions, video && '320x180');
  const sound = tracks.find(({ type }) => type === 'audio');
  assert.equal(sound?.samplesPerSecond, audio && (audio === 'opus' ? 48_000 : 8000));
};

const checkMp4 = async (recording: FinishedRecording): Promise<void> => {
  const { tracks, isProgressive, durationMs } = readMp4(await readFile(recording.path));
  assert.equal(isProgressive, false);
  assert.ok(Math.abs(durationMs - recording.durationMs) < 2, `${durationMs} ms`);
  const [track, ...others] = tracks;
  assert.ok(track && others.length === 0);
  assert.match(track.codec, /^avc1\.42/);
  assert.deepEqual([track.width, track.height, track.samples], [320, 180, FRAMES]);
  assert.equal(track.keyFrames, 3);
};

/** Debian's Chromium decodes H265 only with a graphics card that does. */
const plays = ({ video }: Combination): boolean => browser !== undefined && video !== 'H265';

const checkPlaying = async ({ path }: FinishedRecording, { video }: Combination): Promise<void> => {
  const page = await browser?.newPage();
  assert.ok(page);
  await page.goto(files.url);
  const url = files.urlOf(path);
  const played = video === undefined ? await playInPage(page, url) : await assertPlays(page, { url });
  assert.ok(Math.abs(played.durationSeconds - DURATION_MS / 1000) < 0.1, `lasts ${played.durationSeconds} s`);
  assert.deepEqual([played.width, played.height], video ? [320, 180] : [0, 0]);
  await page.close();
};

for (const combination of COMBINATIONS) {
  const { video, audio, container } = combination;
  const name = [video, audio].filter(Boolean).join(' and ');
  test(`${name} in .${container} is in order, decodes and plays`, { skip }, async () => {
    const recording = await record(combination);
    assert.equal(recording.container, container);
    const facts = await inspectFile(recording.path);
    assert.equal(facts.video?.frameTimesMs.length, video && FRAMES);
    assert.equal(facts.video?.decodeErrors ?? 0, 0);
    assert.equal(facts.audio?.packets, audio && DURATION_MS / 20);
    assert.equal(facts.audio?.decodeErrors ?? 0, 0);
    if (container === 'mp4') await checkMp4(recording);
    else await checkMatroska(recording, combination);
    if (plays(combination)) await checkPlaying(recording, combination);
  });
}
