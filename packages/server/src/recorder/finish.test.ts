import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { finishRecording } from './finish.ts';
import { type Manifest, readManifest, writeManifest } from './manifest.ts';
import { PublicationRecorder } from './publication-recorder.ts';
import type { RecordingSpec } from './recording-spec.ts';
import { smallMedia } from './small-media-fixture.ts';
import { deliveriesOf, specOf, VirtualTime } from './virtual-publisher-fixture.ts';
import { markWriter } from './writer-mark.ts';

const TRACKS: RecordingSpec['tracks'] = { audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } };
const SPEC = specOf(TRACKS);
const KEY = SPEC.recordingKey;
const START_MS = 1000;

let folder = '';
/** A closed recording of two seconds that is not finished. */
let original = '';
let expected: Buffer;

const newSpool = (): Promise<string> => mkdtemp(join(folder, 'spool-'));

const record = async (durationMs: number, spec = SPEC): Promise<string> => {
  const spoolDir = await newSpool();
  const time = new VirtualTime(START_MS - 50);
  const recorder = new PublicationRecorder({
    spec,
    spoolDir,
    nowMs: time.nowMs,
    requestKeyFrame: () => {},
    onError: assert.fail,
  });
  await time.play(
    recorder,
    deliveriesOf(smallMedia(durationMs, 30), { startMs: START_MS }),
    START_MS + durationMs + 100,
  );
  await recorder.close('unpublished');
  return spoolDir;
};

const copyOf = async (spoolDir: string): Promise<string> => {
  const copy = await newSpool();
  await cp(join(spoolDir, KEY), join(copy, KEY), { recursive: true });
  return copy;
};

/** The manifest as it stood when the process was killed. */
const asKilled = async (spoolDir: string): Promise<void> => {
  const { version, spec } = (await readManifest(join(spoolDir, KEY))) ?? assert.fail('no manifest');
  await writeManifest(join(spoolDir, KEY), { version, spec, state: 'recording' });
};

const pathIn = (spoolDir: string, name: string): string => join(spoolDir, KEY, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finish-'));
  original = await record(2000);
  const finished = await copyOf(original);
  await finishRecording(finished, KEY);
  expected = await readFile(pathIn(finished, 'media'));
});
after(() => rm(folder, { recursive: true }));

test('finishing again gives the same answer and leaves the file alone', async () => {
  const spoolDir = await copyOf(original);
  const first = await finishRecording(spoolDir, KEY);
  await appendFile(pathIn(spoolDir, 'media'), 'not to be touched any more');
  assert.deepEqual(await finishRecording(spoolDir, KEY), first);
  assert.ok(first.kind === 'finished');
  assert.equal(first.path, pathIn(spoolDir, 'media'));
  assert.equal(first.sizeBytes, expected.length);
});

test('finishing that was cut short anywhere gives the same file when begun anew', async () => {
  const whole = await readFile(pathIn(original, 'media'));
  const stages = [whole.length, whole.length + 1, expected.length - 1, expected.length];
  for (const length of stages) {
    for (const headBytes of [0, 100, 4096, whole.length]) {
      const spoolDir = await copyOf(original);
      const partly = Buffer.concat([
        expected.subarray(0, headBytes),
        whole.subarray(headBytes),
        expected.subarray(whole.length, length),
      ]);
      await writeFile(pathIn(spoolDir, 'media'), partly);
      if (headBytes === 100) await asKilled(spoolDir);
      await finishRecording(spoolDir, KEY);
      assert.deepEqual(await readFile(pathIn(spoolDir, 'media')), expected, `${length} ${headBytes}`);
    }
  }
});

test('a recording killed after its last write is finished as one that was closed', async () => {
  const spoolDir = await copyOf(original);
  await asKilled(spoolDir);
  await finishRecording(spoolDir, KEY);
  assert.deepEqual(await readFile(pathIn(spoolDir, 'media')), expected);
});

/** Ends of frames in the file, from the index. */
const frameEnds = (index: Buffer): number[] =>
  index
    .toString('latin1')
    .split('\n')
    .filter((line) => /^[va] /.test(line))
    .map((line) => Number(line.split(' ')[1]) + Number(line.split(' ')[2]));

const framesOf = async (spoolDir: string): Promise<number> => {
  const finished = await finishRecording(spoolDir, KEY);
  if (finished.kind === 'empty') return 0;
  const media = await readFile(finished.path);
  assert.equal(media.length, finished.sizeBytes);
  return frameEnds(await readFile(pathIn(spoolDir, 'index'))).length;
};

test('a file or an index that was cut at any byte is finished with all that is whole in both', async () => {
  const ends = frameEnds(await readFile(pathIn(original, 'index')));
  const index = await readFile(pathIn(original, 'index'));
  const spoolDir = await copyOf(original);
  const media = await readFile(pathIn(original, 'media'));
  const tail = media.length - 120;
  const cuts = [0, 1, 4095, 4096, 4100, 4114, 4115, 4150, ...Array.from({ length: 121 }, (_, at) => tail + at)];
  for (const cut of cuts) {
    await writeFile(pathIn(spoolDir, 'media'), media.subarray(0, cut));
    await writeFile(pathIn(spoolDir, 'index'), index);
    await asKilled(spoolDir);
    assert.equal(await framesOf(spoolDir), ends.filter((end) => end <= cut).length, `file cut at ${cut}`);
  }
  for (let cut = index.length - 80; cut <= index.length; cut++) {
    await writeFile(pathIn(spoolDir, 'media'), media);
    await writeFile(pathIn(spoolDir, 'index'), index.subarray(0, cut));
    await asKilled(spoolDir);
    assert.equal(
      await framesOf(spoolDir),
      frameEnds(index.subarray(0, index.subarray(0, cut).lastIndexOf(10) + 1)).length,
      `index cut at ${cut}`,
    );
  }
});

test('pages that a power failure lost end the recording where they begin', async () => {
  const spoolDir = await copyOf(original);
  await asKilled(spoolDir);
  const media = await readFile(pathIn(spoolDir, 'media'));
  const ends = frameEnds(await readFile(pathIn(spoolDir, 'index')));
  const lostFrom = ends[100] ?? Number.NaN;
  media.fill(0, lostFrom, lostFrom + 512);
  await writeFile(pathIn(spoolDir, 'media'), media);
  assert.equal(await framesOf(spoolDir), 101);
});

test('nothing received, nothing decodable and nothing written are no files', async () => {
  const nothing = await record(0);
  assert.deepEqual(await finishRecording(nothing, KEY), { kind: 'empty', reason: 'nothingReceived' });
  assert.deepEqual(await finishRecording(nothing, KEY), { kind: 'empty', reason: 'nothingReceived' });
  const pictureless = await record(1000, specOf({ video: { codec: 'H264' } }));
  assert.deepEqual(await finishRecording(pictureless, KEY), { kind: 'empty', reason: 'nothingDecodable' });
  const killed = await copyOf(original);
  await asKilled(killed);
  await truncate(pathIn(killed, 'index'), 0);
  assert.deepEqual(await finishRecording(killed, KEY), { kind: 'empty', reason: 'nothingWritten' });
});

test('killed at the very beginning, before there is a file or a manifest', async () => {
  const spoolDir = await newSpool();
  await mkdir(join(spoolDir, KEY));
  assert.deepEqual(await finishRecording(spoolDir, KEY), { kind: 'empty', reason: 'nothingReceived' });
  const manifest: Manifest = { version: 1, spec: SPEC, state: 'recording' };
  await writeManifest(join(spoolDir, KEY), manifest);
  assert.deepEqual(await finishRecording(spoolDir, KEY), { kind: 'empty', reason: 'nothingWritten' });
});

test('a recording whose writer is alive is not touched', async () => {
  const spoolDir = await copyOf(original);
  await asKilled(spoolDir);
  await markWriter(join(spoolDir, KEY));
  await assert.rejects(finishRecording(spoolDir, KEY), { name: 'RecorderError', reason: 'stillRecording' });
  assert.deepEqual(await readFile(pathIn(spoolDir, 'media')), await readFile(pathIn(original, 'media')));
});

test('the mark of a process that is gone, or of another boot, holds nobody up', async () => {
  const marks = [{ processId: 2 ** 22 + 1 }, { processId: process.pid, startTicks: '1', bootId: 'another' }];
  for (const mark of marks) {
    const spoolDir = await copyOf(original);
    await writeFile(pathIn(spoolDir, 'writer'), JSON.stringify({ startTicks: '', bootId: '', ...mark }));
    assert.equal((await finishRecording(spoolDir, KEY)).kind, 'finished');
  }
  const torn = await copyOf(original);
  await writeFile(pathIn(torn, 'writer'), '{"proc');
  assert.equal((await finishRecording(torn, KEY)).kind, 'finished');
});

test('a manifest that is damaged loses nothing: the recording waits for someone to look', async () => {
  const spoolDir = await copyOf(original);
  for (const text of ['{', '{"version":2}', 'null']) {
    await writeFile(pathIn(spoolDir, 'manifest.json'), text);
    await assert.rejects(finishRecording(spoolDir, KEY), { reason: 'damaged' }, text);
  }
  assert.equal((await readFile(pathIn(spoolDir, 'media'))).length, (await readFile(pathIn(original, 'media'))).length);
});

test('a key that is not in the spool is no recording', async () => {
  const other = '20261122094500-ffffffffffff' as RecordingKey;
  assert.deepEqual(await finishRecording(folder, other), { kind: 'empty', reason: 'nothingReceived' });
});
