/** What the parameters of paths, queries and headers mean, by their names: for the description of the interface. */
import type { ParamName, ROUTES } from './routes.ts';

export type ParameterNote = { description: string; example: string };

const SECOND = 'in the form yyyyMMddHHmmss, in the display time zone; the second counts whole';

/** A name without an entry does not compile. */
const PATH: Readonly<Record<ParamName<(typeof ROUTES)[keyof typeof ROUTES]>, ParameterNote>> = {
  org: { description: 'The organization, in any case', example: 'easemob-demo' },
  app: { description: 'The application, in any case', example: 'chatdemoui' },
  username: { description: 'The name of a user, in any case', example: 'user1' },
  userName: { description: 'The name of a user: user1, or with its app, org#app_user1 (encoded)', example: 'user1' },
  confrId: { description: 'The id of a conference', example: 'IM_X364829548358926336C16' },
  memberId: { description: "The id of a user's stay in a conference", example: 'IM_X364829548358926336C16M21' },
  subscriptionId: { description: 'Of one subscription of the member', example: 'sub-Qm1kX0c3aB9_ZtyE2LrV7d' },
  pubStreamId: { description: 'The id of a publication', example: 'rtc-10-xbd__Of_C16M21' },
  id: { description: 'The id of a recording', example: '17' },
  beginTime: { description: `The first second of the span, ${SECOND}`, example: '20190221000000' },
  endTime: { description: `The last second of the span, ${SECOND}`, example: '20190221235959' },
  startId: { description: 'Exclusive: 0 first, then the id of the last recording received', example: '0' },
  length: { description: 'How many at most, 1 to 100. A shorter page is the last one for now', example: '20' },
};

const OTHER: Readonly<Record<string, ParameterNote>> = {
  objectKey: {
    description: 'The path of the file, slashes as they are, as the listing gave it',
    example: 'easemob-demo/chatdemoui/20190221/20190221175604-0a1b2c3d4e5f.webm',
  },
  Expires: { description: 'Part of the link: when it ends, in seconds since 1970', example: '1553335000' },
  KeyId: { description: 'Part of the link: which key signed it', example: 'k1' },
  Signature: { description: 'Part of the link', example: 'r2d0…' },
  type: { description: 'Camera and microphone together (av, which is usual), or a shared screen', example: 'desktop' },
  recordType: { description: 'One kind of recording alone', example: 'MERGE_ALL' },
  since: { description: 'Where to go on: epoch and number of the last event received', example: 'q2Wd0JkX1bNa.118' },
  device: { description: 'Names the socket for those after it that go on with it', example: 'phone-7f3a' },
  'Sec-WebSocket-Protocol': {
    description: '`callreel.v1`, which is what we answer, and the token',
    example: 'callreel.v1, bearer.YWMtr2d0GP_nmWJsxXyHQXLVhE8gU0g3r5l0Qk2cV1mZ7Ho',
  },
  state: { description: 'One state alone', example: 'running' },
  Range: { description: 'A part of the file (RFC 9110, section 14)', example: 'bytes=0-1023' },
  'If-None-Match': { description: 'The ETag of the copy the client has: 304 where it is current', example: '"x-1"' },
  'If-Match': { description: 'The ETag of the answer: which ICE session is meant', example: '"Qm9u…"' },
};

/** Undefined where the name says nothing by itself. */
export const parameterNote = (name: string): ParameterNote | undefined =>
  (PATH as Readonly<Record<string, ParameterNote>>)[name] ?? OTHER[name];
