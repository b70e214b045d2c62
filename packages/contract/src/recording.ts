/** A finished recording, in the vendor's shape. */
import { type Static, Type } from 'typebox';
import { RecordingReport, VERDICTS } from './recording-report.ts';

export const RECORD_TYPES = ['ONLY_REC_ONE_AV', 'ONLY_REC_ONE_DESKTOP', 'MERGE_ALL'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export const RecordingView = Type.Object({
  id: Type.Integer({ description: 'Grows within an app; pass the last one received as startId' }),
  owner: Type.String({ description: 'org#app' }),
  confrBeginTime: Type.String({ description: 'First join, yyyy-MM-dd HH:mm:ss in the display time zone' }),
  confrEndTime: Type.String({ description: 'Last leave' }),
  confrType: Type.String({ description: 'COMMUNICATION, COMMUNICATION_MIX, LIVE or CONFR' }),
  confrId: Type.String({ description: 'Unique on the service' }),
  memberId: Type.String({ description: "Whose it is; of a merged recording, the creator's or the first joiner's" }),
  memberName: Type.String({ description: 'org#app_user' }),
  userName: Type.String({ description: 'org#app_user' }),
  accessId: Type.String({ description: "The member's connection" }),
  pubStreamId: Type.Optional(Type.String({ description: 'Absent on a merged recording' })),
  recordType: Type.Union([
    Type.Literal('ONLY_REC_ONE_AV'),
    Type.Literal('ONLY_REC_ONE_DESKTOP'),
    Type.Literal('MERGE_ALL'),
  ]),
  recordTime: Type.String({ description: 'When the finished file was listed' }),
  expireTime: Type.String({ description: 'From then on it is neither listed nor downloaded' }),
  url: Type.String({ description: 'Downloads the file by itself until expireTime' }),
});
export type RecordingView = Static<typeof RecordingView>;

/** How a file ends, by what is in it. */
export type Container = 'webm' | 'mp4' | 'mkv';

/** A finished recording with what is known of its file. */
export const RecordingDetails = Type.Object({
  ...RecordingView.properties,
  container: Type.Union([Type.Literal('webm'), Type.Literal('mp4'), Type.Literal('mkv')]),
  sizeBytes: Type.Integer(),
  durationMs: Type.Number(),
  startTime: Type.Optional(Type.String({ description: 'When its first picture or sound was sent' })),
  endTime: Type.Optional(Type.String({ description: 'When its last was' })),
  video: Type.Optional(
    Type.Object({
      codec: Type.String(),
      width: Type.Integer({ description: 'Of the first picture: it may change within the file' }),
      height: Type.Integer(),
    }),
  ),
  audio: Type.Optional(Type.Object({ codec: Type.String() })),
  sources: Type.Optional(Type.Integer({ description: 'How many recordings a merged one was made of' })),
  sha256: Type.Optional(Type.String({ description: 'Hexadecimal; known some time after the listing' })),
  verdict: Type.Optional(
    Type.Enum([...VERDICTS], {
      description:
        'complete: all that was sent is there; gaps: something is missing; truncated: it was cut short; suspect: something of it cannot be right. A merged recording has none',
    }),
  ),
});
export type RecordingDetails = Static<typeof RecordingDetails>;

/** A single recording, told of in full. */
export const ReportedRecording = Type.Object({
  ...RecordingDetails.properties,
  report: Type.Optional(RecordingReport),
});
export type ReportedRecording = Static<typeof ReportedRecording>;

export const RecordingQuery = Type.Object(
  {
    confrId: Type.Optional(Type.String()),
    userName: Type.Optional(Type.String({ description: 'user1 or org#app_user1' })),
    recordType: Type.Optional(Type.Union(RECORD_TYPES.map((type) => Type.Literal(type)))),
    beginTime: Type.Optional(Type.String({ description: 'Of recordTime: yyyyMMddHHmmss in the display time zone' })),
    endTime: Type.Optional(Type.String({ description: 'Likewise; both ends count' })),
    cursor: Type.Optional(Type.String({ description: 'That of the page before' })),
    limit: Type.Optional(Type.String({ description: '1 to 100; 50 unless given' })),
  },
  { additionalProperties: false },
);
export type RecordingQuery = Static<typeof RecordingQuery>;

export const RecordingPage = Type.Object({
  recordings: Type.Array(RecordingDetails, { description: 'The newest first' }),
  cursor: Type.Optional(Type.String({ description: 'For the next page; absent on the last' })),
});
export type RecordingPage = Static<typeof RecordingPage>;
