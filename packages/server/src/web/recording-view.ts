/** A listed file in the vendor's shape. */
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { AppRecord, SpanRow } from '../store/rows.ts';
import type { LinkSigner } from './links.ts';
import { fullUserName, ownerOf } from './names.ts';
import type { DisplayTime } from './times.ts';

export type ViewMeans = { app: AppRecord; time: DisplayTime; link: LinkSigner };

export const recordingView = (row: SpanRow, { app, time, link }: ViewMeans): RecordingView => ({
  id: row.id,
  owner: ownerOf(app),
  confrBeginTime: time.format(row.confrBeginTime),
  confrEndTime: time.format(row.confrEndTime),
  confrType: row.confrType,
  confrId: row.confrId,
  memberId: row.memberId,
  memberName: fullUserName(app, row.userName),
  userName: fullUserName(app, row.userName),
  accessId: row.accessId,
  ...(row.pubStreamId === null ? {} : { pubStreamId: row.pubStreamId }),
  recordType: row.recordType,
  recordTime: time.format(row.recordTime),
  expireTime: time.format(row.expireTime),
  url: link(row.objectKey, row.expireTime),
});
