/** How complete a recording is: shared by its manifest, the REST call that tells of it, and the page. Exact meanings: docs/formats/recording.md. */
import { type Static, Type } from 'typebox';
import { GAP_CAUSES } from './gap-cause.ts';

export const VERDICTS = ['complete', 'gaps', 'truncated', 'suspect'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why a verdict is not `complete`, the grave ones first; each belongs to one verdict. */
export const VERDICT_REASONS = {
  crash: 'truncated',
  diskFailed: 'truncated',
  damaged: 'truncated',
  serviceStopped: 'truncated',
  recorderFailed: 'truncated',
  bitrateIgnored: 'suspect',
  clockStepped: 'suspect',
  outOfSync: 'suspect',
  lengthsDisagree: 'suspect',
  mediaMissing: 'gaps',
} as const satisfies Record<string, Verdict>;
export type VerdictReason = keyof typeof VERDICT_REASONS;

const Milliseconds = Type.Number({ description: 'Milliseconds' });

export const Gap = Type.Object({
  track: Type.Enum(['audio', 'video']),
  cause: Type.Enum([...GAP_CAUSES]),
  startMs: Type.Number({ description: 'Milliseconds of the file' }),
  lengthMs: Type.Number({ description: 'How much is missing' }),
  endMs: Type.Number({ description: 'startMs + lengthMs, but where several were merged: then the end of the last' }),
  count: Type.Integer({ description: 'Above 1 where the list was too long and neighbours of one cause were merged' }),
});
export type Gap = Static<typeof Gap>;

const ClockChange = Type.Object({
  kind: Type.Enum(['slew', 'step', 'restart']),
  atMs: Type.Number({ description: 'Milliseconds of the file' }),
  byMs: Type.Number({ description: 'How much later what follows comes; below zero: earlier' }),
});
export type ClockChange = Static<typeof ClockChange>;

const count = (description: string) => Type.Optional(Type.Integer({ description }));
export const LeftOut = Type.Object(
  {
    incomplete: count('Packets of it, or of a frame it leans on, were missing'),
    waitingForKeyFrame: count('No key frame had come that it could lean on'),
    malformed: count('Its bytes were not what its format allows'),
    disk: count('The disk did not keep up'),
    paused: count('The recording was paused when it came or was taken'),
    outOfPlace: count("Sound from before the file's start, or faster than time"),
  },
  { description: 'Frames, or packets of sound, that came and are not in the file' },
);
export type LeftOut = Static<typeof LeftOut>;
export type LeftOutReason = keyof LeftOut;

export const PacketCounts = Type.Object({
  received: Type.Integer({ description: 'Retransmissions included' }),
  lost: Type.Integer({ description: 'Did not come by themselves' }),
  recovered: Type.Integer({ description: 'Of those, came again after a NACK' }),
  missing: Type.Integer({ description: 'Had not come when their time was over' }),
});
export type PacketCounts = Static<typeof PacketCounts>;

const TRACK = {
  expectedMs: Type.Number({ description: "The file's length" }),
  presentMs: Type.Number({ description: 'expectedMs less all gaps of the track' }),
  packets: PacketCounts,
  leftOut: LeftOut,
  clockChanges: Type.Array(ClockChange),
};

export const SoundReport = Type.Object({
  ...TRACK,
  silentMs: Type.Number({ description: 'Of presentMs: silence as it was sent, as by DTX' }),
});
export type SoundReport = Static<typeof SoundReport>;

const PictureSize = Type.Object({ atMs: Milliseconds, width: Type.Integer(), height: Type.Integer() });
const Layer = Type.Object({
  atMs: Milliseconds,
  rid: Type.Optional(Type.String({ description: 'Absent: one stream, without layers' })),
});
export type LayerEntry = Static<typeof Layer>;

export const PictureReport = Type.Object({
  ...TRACK,
  frames: Type.Integer({ description: 'Pictures in the file' }),
  keyFrameRequests: Type.Integer({ description: 'Sent to the sender' }),
  sizes: Type.Array(PictureSize, { description: 'Each size from its first picture on' }),
  layers: Type.Array(Layer, { description: 'Which layer is recorded, from when on' }),
});
export type PictureReport = Static<typeof PictureReport>;

export const RecordingReport = Type.Object({
  verdict: Type.Enum([...VERDICTS]),
  reasons: Type.Array(Type.Enum(Object.keys(VERDICT_REASONS) as VerdictReason[]), {
    description: 'Why it is not complete',
  }),
  ended: Type.Optional(Type.String({ description: 'What ended the recording; absent after a crash' })),
  countedUpToMs: Type.Number({
    description: 'Up to which time of the file packets and frames left out are counted: to its end, but after a crash',
  }),
  audio: Type.Optional(SoundReport),
  video: Type.Optional(PictureReport),
  gaps: Type.Array(Gap, { description: 'In order of their start' }),
  largestOffset: Type.Optional(
    Type.Object(
      { ms: Type.Number({ description: 'Above zero: the sound is late' }), atMs: Milliseconds },
      { description: 'Sound against picture, as the file has them, beside what the sender reports of its clocks' },
    ),
  ),
});
export type RecordingReport = Static<typeof RecordingReport>;
