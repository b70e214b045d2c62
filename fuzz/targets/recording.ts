/** What a crash or a bad disk may have left of a recording: a folder with a manifest, an index, a file and a writer's mark. */
import { strict as assert } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { RecordingKey } from '@callreel/contract/ids.ts';
import { FinishPlanner } from '@callreel/media/matroska/finish.ts';
import { IndexAgreement } from '@callreel/media/matroska/index-agreement.ts';
import { parseIndexLine } from '@callreel/media/matroska/index-line.ts';
import { IndexReader, type PlacedLine } from '@callreel/media/matroska/index-reader.ts';
import { recordLive } from '@callreel/media/matroska/live-recording-fixture.ts';
import { finishRecording } from '@callreel/server/recorder/finish.ts';
import { INDEX_FILE, MEDIA_FILE } from '@callreel/server/recorder/live-file.ts';
import { RecorderError } from '@callreel/server/recorder/recorder-error.ts';
import fc from 'fast-check';
import { bytesLike, textLike } from '../mutated.ts';
import { type FuzzTarget, target } from '../target.ts';

const picture = { codec: 'VP8', width: 640, height: 360, codecPrivate: undefined } as const;
const video = (timeMs: number, keyFrame: boolean) => ({
  kind: 'video' as const,
  timeMs,
  keyFrame,
  data: new Uint8Array(30),
});
const audio = (timeMs: number) => ({ kind: 'audio' as const, timeMs, durationMs: 20, data: new Uint8Array(9) });

const LIVE = recordLive(
  [
    { blocks: [audio(7)] },
    { blocks: [video(20, true), audio(27), video(60, false)], picture },
    { blocks: [audio(6067)] },
  ],
  6100,
);
const INDEX_TEXT = Buffer.from(LIVE.index).toString('latin1');

const spec = {
  recordingKey: '20260101000000-0123456789ab',
  tracks: { audio: { codec: 'opus', channels: 1 }, video: { codec: 'VP8' } },
  conferenceZeroMs: 5,
  conferenceZeroWallMs: 1.8e12,
};
const received = { audioPackets: 5, videoPackets: 9 };
const facts = {
  container: 'webm',
  sizeBytes: 10,
  durationMs: 5,
  startMs: 0,
  endMs: 5,
  startedAtWallMs: 1,
  endedAtWallMs: 6,
};
const MANIFESTS = [
  { version: 1, spec, state: 'recording' },
  { version: 1, spec, startMs: 7, state: 'ended', reason: 'left', received },
  { version: 1, spec, state: 'finished', result: { kind: 'finished', facts } },
  { version: 1, spec, state: 'finished', result: { kind: 'empty', reason: 'nothingReceived' } },
];
const MARKS = [{ processId: 2 ** 22 + 1, startTicks: '5', bootId: 'x' }, null, 5];

const texts = (values: readonly unknown[]): fc.Arbitrary<string> =>
  textLike(values.map((each) => JSON.stringify(each)));

/** Well-formed manifests with parts that are of another kind. */
const strangeManifests = fc
  .record({
    version: fc.constantFrom(1, 2, '1'),
    state: fc.oneof(fc.constantFrom('recording', 'ended', 'finished'), fc.anything()),
    spec: fc.oneof(fc.constant(spec), fc.anything()),
    received: fc.anything(),
    result: fc.oneof(fc.constant({ kind: 'finished' }), fc.anything()),
  })
  .map((manifest) => JSON.stringify(manifest) ?? '');

const linesIn = (bytes: Uint8Array, pieceBytes: number): PlacedLine[] => {
  const reader = new IndexReader();
  const lines: PlacedLine[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    lines.push(...reader.push(bytes.subarray(start, start + pieceBytes)));
  }
  return lines;
};

/** As the repair does it: what index and file agree on, and the plan made of that. */
const checkIndex = ([bytes, pieceBytes, fileBytes]: [Uint8Array, number, number]): void => {
  const lines = linesIn(bytes, pieceBytes);
  assert.ok(lines.length <= bytes.length / 3);
  const agreement = new IndexAgreement(fileBytes);
  for (const placed of lines) agreement.push(placed);
  const { fileEnd, indexEnd } = agreement.agreed;
  assert.ok(fileEnd <= fileBytes && indexEnd <= bytes.length);
  assert.ok(agreement.tail().length <= lines.length);
  const planner = new FinishPlanner({ audio: { codec: 'opus', channels: 1 }, video: 'VP8' });
  for (const { line } of linesIn(bytes.subarray(0, indexEnd), pieceBytes)) planner.push(line);
  const plan = planner.plan();
  if (plan !== undefined) assert.ok(plan.framesEnd <= fileBytes && plan.append.length <= 4096 + 64 * lines.length);
};

/** Made for each: what another input left behind must not count. */
const checkFolder = async ([manifest, index, media, mark]: [
  string,
  Uint8Array,
  Uint8Array,
  string | null,
]): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'callreel-fuzz-'));
  try {
    const files = { 'manifest.json': manifest, [INDEX_FILE]: index, [MEDIA_FILE]: media, writer: mark ?? '' };
    await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content)));
    await finishRecording(dirname(folder), basename(folder) as RecordingKey).catch((error: unknown) => {
      assert.ok(error instanceof RecorderError, `threw ${String(error)}`);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const folders = fc.tuple(
  fc.oneof(texts(MANIFESTS), strangeManifests),
  bytesLike([LIVE.index]),
  bytesLike([LIVE.media]),
  fc.option(texts(MARKS)),
);

const indexes = fc.tuple(
  bytesLike([LIVE.index], 2000),
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 0, max: 10_000 }),
);

export const RECORDING_TARGETS: FuzzTarget[] = [
  target(
    'recording: a line of the index',
    textLike(INDEX_TEXT.trimEnd().split('\n')),
    (text) => void parseIndexLine(text),
  ),
  target('recording: an index', indexes, checkIndex),
  target('recording: a folder of the spool', folders, checkFolder),
];
