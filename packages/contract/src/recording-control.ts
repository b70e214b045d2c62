/** Recording by hand: what may be ordered, what the state is, and who ordered what. */
import { type Static, Type } from 'typebox';
import { RecordingState } from './recording-state.ts';

/** `pause` leaves a marked gap in the same file; `start` after `stop` begins another file. */
export const RECORDING_ACTIONS = ['start', 'stop', 'pause', 'resume'] as const;
export type RecordingAction = (typeof RECORDING_ACTIONS)[number];
const action = Type.Enum<['start', 'stop', 'pause', 'resume']>([...RECORDING_ACTIONS]);

export const RecordingOrderBody = Type.Object({
  action,
  pubStreamId: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'One publication alone; unless given, all there are and all that come',
    }),
  ),
});
export type RecordingOrderBody = Static<typeof RecordingOrderBody>;

export const RecordingStatus = Type.Object({
  confrId: Type.String(),
  state: RecordingState,
  publications: Type.Array(
    Type.Object({ pubStreamId: Type.String(), memberId: Type.String(), state: RecordingState }),
    { description: 'Those that are live, in the order in which they were published' },
  ),
});
export type RecordingStatus = Static<typeof RecordingStatus>;

const RecordingLogEntry = Type.Object({
  at: Type.String({ description: 'RFC 3339, in UTC' }),
  action,
  pubStreamId: Type.Union([Type.String(), Type.Null()], { description: 'null: the conference as a whole' }),
  by: Type.Union([
    Type.Object({ kind: Type.Literal('app') }),
    Type.Object({ kind: Type.Literal('member'), memberId: Type.String(), userName: Type.String() }),
  ]),
});
export type RecordingLogEntry = Static<typeof RecordingLogEntry>;

/** How many entries of its log a conference shows. */
export const RECORDING_LOG_LENGTH = 1000;

export const RecordingStatusWithLog = Type.Object({
  ...RecordingStatus.properties,
  log: Type.Optional(
    Type.Array(RecordingLogEntry, {
      description: `Orders that changed something, in their order, at most the latest ${RECORDING_LOG_LENGTH}; for the application's token alone`,
    }),
  ),
});
export type RecordingStatusWithLog = Static<typeof RecordingStatusWithLog>;
