import type { RecordingView } from '@callreel/contract/recording.ts';
import type { CallerFacts, FileFacts, WantedCaller } from '@callreel/synthetic/inspect/file-facts.ts';
import { inspectFile } from '@callreel/synthetic/inspect/inspect-file.ts';
import type { MediaPlan } from '@callreel/synthetic/prepare/prepare-media.ts';
import { CALL_MS, STREAMS, type Stream } from './callers.ts';
import { type Download, userOf } from './download.ts';

/** A file that was looked into; it is right where there are no problems. */
export type Checked = { download: Download; facts: FileFacts; problems: string[] };

/** Sound may be this early or late against the picture before people notice (after EBU R 37). */
const EARLIEST_SOUND_MS = -60;
const LATEST_SOUND_MS = 40;
const DURATION_TOLERANCE_MS = 500;
/** The publications of a call do not begin at the very same moment: the merged file spans them all. */
const MERGED_DURATION_TOLERANCE_MS = 3000;
/** The merged picture takes the newest frame every 40 ms: where its beat meets the caller's, one may be passed over. */
const LEAST_MERGED_SHARE = 0.95;
const MERGED_FRAME_MS = 40;
/** At the ends of a file a beep may have no quiet before it, or a flash no picture. */
const EVENTS_THAT_MAY_LACK = 2;

const between = (what: string, value: number, least: number, most: number, unit: string): string[] =>
  value >= least && value <= most ? [] : [`${what} is ${Math.round(value)}${unit}, not ${least} to ${most}${unit}`];

const equal = (
  what: string,
  found: string | number | boolean | undefined,
  wanted: string | number | boolean,
): string[] => (found === wanted ? [] : [`${what} is ${found ?? 'missing'}, not ${wanted}`]);

const syncProblems = (name: string, { sync }: CallerFacts, durationMs: number): string[] => {
  const wanted = Math.floor(durationMs / 1000) - EVENTS_THAT_MAY_LACK;
  const few =
    sync.pairs.length < wanted ? [`only ${sync.pairs.length} flashes of ${name} have a beep, not ${wanted}`] : [];
  const off = sync.pairs.flatMap(({ offsetMs, flashMs }) =>
    between(
      `sound of ${name} against the picture at ${Math.round(flashMs)} ms`,
      offsetMs,
      EARLIEST_SOUND_MS,
      LATEST_SOUND_MS,
      ' ms',
    ),
  );
  return [...few, ...off];
};

/** Every frame that was sent is to be seen: by the counters, not by their number. */
const frameProblems = (name: string, facts: CallerFacts | undefined, plan: MediaPlan, leastShare: number): string[] => {
  const sent = Math.ceil((plan.durationMs * (plan.framesPerSecond ?? 25)) / 1000);
  const seen = new Set(facts?.picture?.counters);
  const missing = [...Array(sent).keys()].filter((counter) => !seen.has(counter));
  if (missing.length <= sent * (1 - leastShare)) return [];
  return [
    `${missing.length} of ${sent} frames of ${name} are missing: ${missing.slice(0, 5)}${missing.length > 5 ? '…' : ''}`,
  ];
};

const decodeProblems = ({ video, audio }: FileFacts): string[] => [
  ...equal('number of pictures that do not decode', video?.decodeErrors ?? 0, 0),
  ...equal('number of sound packets that do not decode', audio?.decodeErrors ?? 0, 0),
  ...(audio?.holes ?? []).map(
    ({ atMs, lengthMs }) => `sound has a hole of ${Math.round(lengthMs)} ms at ${Math.round(atMs)} ms`,
  ),
];

/** The container follows from what is in it. */
const containerOf = ({ plan }: Stream): string => {
  if (plan.videoCodec === 'VP8') return 'webm';
  return plan.audio ? 'mkv' : 'mp4';
};

const singleProblems = (stream: Stream, facts: FileFacts): string[] => {
  const { name, plan } = stream;
  const caller = facts.callers[name];
  return [
    ...equal('container', facts.container, containerOf(stream)),
    ...equal('video codec', facts.video?.codec, plan.videoCodec?.toLowerCase() ?? 'none'),
    ...equal('audio codec', facts.audio?.codec ?? 'none', plan.audio ? 'opus' : 'none'),
    ...equal('width', facts.video?.width, plan.width ?? 640),
    ...between(
      'duration',
      facts.durationMs,
      plan.durationMs - DURATION_TOLERANCE_MS,
      plan.durationMs + DURATION_TOLERANCE_MS,
      ' ms',
    ),
    ...decodeProblems(facts),
    ...frameProblems(name, caller, plan, 1),
    ...(plan.audio && caller ? syncProblems(name, caller, plan.durationMs) : []),
  ];
};

const frameRateProblems = ({ video }: FileFacts): string[] => {
  const times = video?.frameTimesMs ?? [];
  const uneven = times.filter(
    (time, index) => Math.abs(time - (times[index - 1] ?? time - MERGED_FRAME_MS) - MERGED_FRAME_MS) > 1,
  );
  return equal('number of frames that are not 40 ms after the one before', uneven.length, 0);
};

const mergedProblems = (facts: FileFacts): string[] => [
  ...equal('container', facts.container, 'mp4'),
  ...equal('index at the front', facts.indexAtFront, true),
  ...equal('video codec', facts.video?.codec, 'h264'),
  ...equal('audio codec', facts.audio?.codec, 'aac'),
  ...equal('size', `${facts.video?.width}x${facts.video?.height}`, '1280x720'),
  ...between(
    'duration',
    facts.durationMs,
    CALL_MS - DURATION_TOLERANCE_MS,
    CALL_MS + MERGED_DURATION_TOLERANCE_MS,
    ' ms',
  ),
  ...frameRateProblems(facts),
  ...decodeProblems(facts),
  ...STREAMS.flatMap(({ name, plan }) => {
    const caller = facts.callers[name];
    const frames = frameProblems(name, caller, plan, LEAST_MERGED_SHARE);
    return plan.audio && caller ? [...frames, ...syncProblems(name, caller, plan.durationMs)] : frames;
  }),
];

/** Which stream a single file is of. */
const streamOf = (recording: RecordingView): Stream | undefined => {
  const kind = recording.recordType === 'ONLY_REC_ONE_DESKTOP' ? 'desktop' : 'av';
  return STREAMS.find((stream) => stream.userName === userOf(recording) && stream.kind === kind);
};

/** In a merged file callers are found by their colours; a single one shows its caller alone. */
const wantedOf = ({ name, plan, look }: Stream, merged: boolean): WantedCaller => ({
  name,
  ...(merged && { hueDegrees: look.hueDegrees }),
  ...(plan.audio && { beepHz: look.beepHz }),
});

/** Decodes a downloaded file and holds it against what was sent. */
export const checkFile = async (download: Download): Promise<Checked> => {
  const merged = download.recording.recordType === 'MERGE_ALL';
  const stream = streamOf(download.recording);
  const wanted = merged ? STREAMS : STREAMS.filter((each) => each === stream);
  const facts = await inspectFile(
    download.path,
    wanted.map((each) => wantedOf(each, merged)),
  );
  const problems = merged ? mergedProblems(facts) : stream ? singleProblems(stream, facts) : ['nobody published this'];
  return { download, facts, problems: [...equal('answer to a range', download.partAnswered, 'right'), ...problems] };
};
