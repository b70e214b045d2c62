/** Examples of the vendor's calls, with the values of its own documentation. */
import type { RecordingView } from '@callreel/contract/recording.ts';
import type { TokenBody, TokenView } from '@callreel/contract/token.ts';

const FILE: RecordingView = {
  id: 109,
  owner: 'easemob-demo#testapp',
  confrBeginTime: '2019-02-21 17:56:04',
  confrEndTime: '2019-02-21 17:56:46',
  confrType: 'LIVE',
  confrId: 'IM_X364829548358926336C16',
  memberId: 'IM_X364829548358926336C16M21',
  memberName: 'easemob-demo#testapp_user1',
  userName: 'easemob-demo#testapp_user1',
  accessId: 'HI365195406759428096',
  pubStreamId: 'rtc-10-xbd__Of_C16M21',
  recordType: 'ONLY_REC_ONE_AV',
  recordTime: '2019-02-21 17:56:49',
  expireTime: '2019-03-23 17:56:49',
  url: 'https://calls.example/files/easemob-demo/testapp/20190221/20190221175604-0a1b2c3d4e5f.webm?Expires=1553335009&KeyId=Zk3vQw&Signature=hZk4jJDcMsuJfioscv-B4L1zk1aAtpQRDw0HS9feBkg',
};

const { pubStreamId: _, ...rest } = FILE;
const MERGED: RecordingView = { ...rest, id: 112, recordType: 'MERGE_ALL', url: FILE.url.replace('.webm', '.mp4') };

const TOKEN_BODY: TokenBody = {
  grant_type: 'client_credentials',
  client_id: 'YXA6i-Ak8Ol4Eei2l11ZjV-EAg',
  client_secret: 'YXA6VunqiNxoB7IwXHInk1cGiXOOJfc',
  ttl: 1024000,
};

const TOKEN: TokenView = {
  access_token: 'YWMtr2d0GP_nmWJsxXyHQXLVhE8gU0g3r5l0Qk2cV1mZ7Ho',
  expires_in: 1024000,
  application: '8be024f0-e978-11e8-b697-5d598d5f8402',
};

/** By the operation's id. */
export const EXAMPLES: Readonly<Record<string, { body?: unknown; answer: unknown }>> = {
  issueToken: { body: TOKEN_BODY, answer: TOKEN },
  listRecordingsOfConference: { answer: [FILE, MERGED] },
  listRecordingsBySpan: { answer: [FILE, MERGED] },
  listMergedRecordingsBySpan: { answer: [MERGED] },
  listRecordingsOfUser: { answer: [FILE] },
};
