/** A finished recording, in the vendor's shape. */
import { type Static, Type } from 'typebox';

export const RECORD_TYPES = ['ONLY_REC_ONE_AV', 'ONLY_REC_ONE_DESKTOP', 'MERGE_ALL'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export const RecordingView = Type.Object({
  id: Type.Integer({ description: 'Grows within an app; pass the last one received as startId' }),
  owner: Type.String({ description: 'org#app' }),
  confrBeginTime: Type.String({ description: 'First join, yyyy-MM-dd HH:mm:ss in the display time zone' }),
  confrEndTime: Type.String({ description: 'Last leave' }),
  confrType: Type.String(),
  confrId: Type.String(),
  memberId: Type.String(),
  memberName: Type.String({ description: 'org#app_user' }),
  userName: Type.String({ description: 'org#app_user' }),
  accessId: Type.String(),
  pubStreamId: Type.Optional(Type.String({ description: 'Absent on a merged recording' })),
  recordType: Type.Union([
    Type.Literal('ONLY_REC_ONE_AV'),
    Type.Literal('ONLY_REC_ONE_DESKTOP'),
    Type.Literal('MERGE_ALL'),
  ]),
  recordTime: Type.String({ description: 'When the finished file was listed' }),
  expireTime: Type.String(),
  url: Type.String({ description: 'Downloads the file by itself until expireTime' }),
});
export type RecordingView = Static<typeof RecordingView>;

/** How a file ends, by what is in it. */
export type Container = 'webm' | 'mp4' | 'mkv';
