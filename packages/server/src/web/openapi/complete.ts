/** Adds to the description what the schemas of the routes do not hold: every answer, who may call, what the parameters mean. */
import { UserClientMessage, UserServerFrame } from '@callreel/contract/calls.ts';
import { ErrorBody, type ErrorCode } from '@callreel/contract/errors.ts';
import { ClientMessage, ServerFrame } from '@callreel/contract/events.ts';
import { parameterNote } from '@callreel/contract/parameters.ts';
import { STATUS_OF } from '../errors.ts';
import type { Call, MediaType, OpenApiDocument, Parameter, Response, Schema } from './document.ts';
import { EXAMPLES } from './examples.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { REFUSALS } from './refusals.ts';

const JSON_TYPE = 'application/json';
const MEDIA_TYPES = ['video/webm', 'video/mp4', 'video/x-matroska'];

const WITH_TOKEN: readonly ErrorCode[] = [
  'unauthorized',
  'auth_bad_access_token',
  'forbidden_op',
  'organization_application_not_found',
  'reach_limit',
];
const WITH_BODY: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type'];
const WITH_JSON: readonly ErrorCode[] = ['illegal_argument', 'json_parse'];

const text = (description: string): Schema => ({ description, schema: { type: 'string' } });

const HEADERS: Readonly<Record<string, Schema>> = {
  'X-Request-Id': text('Names the request in the log'),
  'Retry-After': text('Seconds to wait'),
  'RateLimit-Limit': text('How many calls may come at once'),
  'RateLimit-Remaining': text('How many of them are left'),
  'RateLimit-Reset': text('Seconds until all are there again'),
  Location: text('The publication: DELETE ends it, PATCH adds candidates'),
  Link: text(
    'STUN and TURN servers, where there are any: `<turn:…>; rel="ice-server"; username="…"; credential="…"` (RFC 9725, section 4.6)',
  ),
  ETag: text('What to compare with: the ICE session, or the content of the file'),
  'Content-Range': text('Which part of the file this is'),
  'Repr-Digest': text('SHA-256 of the whole file (RFC 9530), once it is known'),
  Upgrade: text('websocket'),
  'WWW-Authenticate': text('Which token is wanted (RFC 6750)'),
};

const HEADERS_BY_STATUS: Readonly<Record<string, readonly string[]>> = {
  '201': ['Location', 'ETag', 'Link'],
  '206': ['ETag', 'Content-Range', 'Repr-Digest'],
  '304': ['ETag'],
  '401': ['WWW-Authenticate'],
  '416': ['Content-Range'],
  '426': ['Upgrade'],
  '429': ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  '503': ['Retry-After'],
};

const headersAt = (status: string): Record<string, Schema> =>
  Object.fromEntries(
    ['X-Request-Id', ...(HEADERS_BY_STATUS[status] ?? [])].map((name) => [
      name,
      { $ref: `#/components/headers/${name}` },
    ]),
  );

/** Also what is not written in the table: what every call with a token or a body has in common. */
const refusalsOf = (key: string, call: Call, { takes, refusals }: Operation): ErrorCode[] => {
  const types = Object.keys(call.requestBody?.content ?? {});
  const codes = [
    ...(takes.length > 0 ? WITH_TOKEN : []),
    ...(types.length > 0 ? WITH_BODY : []),
    ...(types.includes(JSON_TYPE) ? WITH_JSON : []),
    ...refusals,
    'internal_error' as const,
    ...(key.endsWith('/healthz') ? [] : ['server_busy' as const]),
  ];
  return [...new Set(codes)].sort((one, other) => STATUS_OF[one] - STATUS_OF[other]);
};

const errorResponse = (status: string, codes: readonly ErrorCode[], hasBody: boolean): Response => ({
  description: codes.map((code) => `\`${code}\`: ${REFUSALS[code]}`).join('; '),
  headers: headersAt(status),
  ...(hasBody && {
    content: {
      [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Error', properties: { error: { enum: codes } } } },
    },
  }),
});

const OTHER_ERRORS: Response = {
  description: 'Any other error: 405 where the path does not take the method, 408 where the request did not come whole',
  headers: headersAt('default'),
  content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Error' } } },
};

/** The form of a good answer, as far as the route's schema says it. */
const contentOf = (id: string, status: string, made: Response | undefined): Record<string, MediaType> | undefined => {
  if (id === 'downloadFile') {
    return status === '304' ? undefined : Object.fromEntries(MEDIA_TYPES.map((type) => [type, {}]));
  }
  if (id === 'probeFile') return undefined;
  if (id === 'describe') return { [JSON_TYPE]: { schema: { type: 'object' } } };
  return made?.content;
};

const withExample = (content: Record<string, MediaType>, example: unknown): Record<string, MediaType> =>
  example === undefined
    ? content
    : Object.fromEntries(Object.entries(content).map(([type, media]) => [type, { ...media, example }]));

const responsesOf = (key: string, call: Call, operation: Operation): Record<string, Response> => {
  const responses: Record<string, Response> = {};
  for (const [status, description] of Object.entries(operation.answers)) {
    const content = contentOf(operation.id, status, call.responses[status]);
    responses[status] = {
      description,
      headers: headersAt(status),
      ...(content && { content: withExample(content, EXAMPLES[operation.id]?.answer) }),
    };
  }
  const hasBody = !key.startsWith('HEAD');
  const codes = refusalsOf(key, call, operation);
  for (const status of new Set(codes.map((code) => STATUS_OF[code]))) {
    const ofStatus = codes.filter((code) => STATUS_OF[code] === status);
    responses[status] = errorResponse(String(status), ofStatus, hasBody);
  }
  return { ...responses, default: OTHER_ERRORS };
};

const withNote = (parameter: Parameter): Parameter => {
  const note = parameterNote(parameter.name);
  return note === undefined ? parameter : { ...note, ...parameter, example: note.example };
};

const parametersOf = (call: Call, { headers = [] }: Operation): Parameter[] => [
  ...(call.parameters ?? [])
    .map(withNote)
    .sort((one, other) => Number(other.in === 'path') - Number(one.in === 'path')),
  ...headers.map((name) => withNote({ name, in: 'header', required: name === 'If-Match', schema: { type: 'string' } })),
];

/** A body of which every field may be left out may be left out itself. */
const mayBeAbsent = ({ schema = {} }: MediaType): boolean =>
  schema.type === 'object' && schema.minProperties === undefined && !Array.isArray(schema.required);

const bodyOf = ({ requestBody }: Call, { id }: Operation): Pick<Call, 'requestBody'> => {
  if (requestBody === undefined) return {};
  const required = !Object.values(requestBody.content).every(mayBeAbsent);
  return { requestBody: { required, content: withExample(requestBody.content, EXAMPLES[id]?.body) } };
};

const completeCall = (key: string, call: Call, operation: Operation): Call => ({
  operationId: operation.id,
  ...call,
  ...(operation.description !== undefined && { description: operation.description }),
  security: operation.takes.map((name) => ({ [name]: [] })),
  parameters: parametersOf(call, operation),
  ...bodyOf(call, operation),
  responses: responsesOf(key, call, operation),
});

/** `/files/{objectKey}` is `/files/*` to the router. */
const routeOf = (path: string): string => path.replace('{objectKey}', '*').replace(/\{(\w+)\}/g, ':$1');

/** What is passed over a WebSocket, OpenAPI has no place for: it stands among the schemas. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: { ...ErrorBody },
  EventServerFrame: { ...ServerFrame },
  EventClientMessage: { ...ClientMessage },
  UserServerFrame: { ...UserServerFrame },
  UserClientMessage: { ...UserClientMessage },
};

/** A call that the table does not know is left as its schemas make it. */
export const complete = (document: OpenApiDocument): OpenApiDocument => {
  const paths: OpenApiDocument['paths'] = {};
  for (const [path, calls] of Object.entries(document.paths)) {
    paths[path] = {};
    for (const [method, call] of Object.entries(calls)) {
      const key = `${method.toUpperCase()} ${routeOf(path)}`;
      const operation = OPERATIONS[key];
      paths[path][method] = operation === undefined ? call : completeCall(key, call, operation);
    }
  }
  const components = { ...document.components, schemas: { ...SCHEMAS }, headers: { ...HEADERS } };
  return { ...document, paths, components };
};
