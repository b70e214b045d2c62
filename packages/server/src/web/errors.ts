/** How a failure becomes an answer: the only place that knows which HTTP status goes with what. */
import type { ErrorBody, ErrorCode } from '@callreel/contract/errors.ts';
import { CallError, type CallRefusal } from '../calls/call-error.ts';
import { ConferenceError, type ConferenceRefusal } from '../conference/conference-error.ts';
import { StorageError, type StorageFailure } from '../storage/storage-error.ts';
import { StoreError, type StoreErrorReason } from '../store/store-error.ts';

export const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  illegal_argument: 400,
  invalid_grant: 400,
  json_parse: 400,
  illegal_sdp: 400,
  duplicate_unique_property_exists: 400,
  unauthorized: 401,
  auth_bad_access_token: 401,
  forbidden_op: 403,
  talker_limit: 403,
  video_limit: 403,
  audience_limit: 403,
  organization_application_not_found: 404,
  service_resource_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  unprocessable: 422,
  upgrade_required: 426,
  precondition_required: 428,
  reach_limit: 429,
  internal_error: 500,
  length_exceeds_limit: 500,
  server_busy: 503,
};

/** A client that is told to wait comes back after this. */
const RETRY_AFTER_SECONDS = 2;

type Headers = Readonly<Record<string, string>>;

/** A refusal that is answered as it is: `message` is what the caller reads. */
export class WebError extends Error {
  override readonly name = 'WebError';
  readonly reason: ErrorCode;
  readonly headers: Headers;

  private constructor(reason: ErrorCode, message: string, headers: Headers = {}, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.headers = headers;
  }

  static of(reason: ErrorCode, description: string, options?: ErrorOptions): WebError {
    const headers = STATUS_OF[reason] === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
    return new WebError(reason, description, headers, options);
  }

  /** `wants` completes the sentence "<name> must be ...". */
  static illegalArgument(name: string, wants: string): WebError {
    return new WebError('illegal_argument', `${name} must be ${wants}`);
  }

  static unauthorized(): WebError {
    const challenge = { 'www-authenticate': 'Bearer realm="callreel"' };
    return new WebError(
      'unauthorized',
      'This call needs an access token that is neither expired nor revoked',
      challenge,
    );
  }

  static badToken(): WebError {
    const challenge = { 'www-authenticate': 'Bearer realm="callreel", error="invalid_token"' };
    return new WebError('auth_bad_access_token', 'Unable to authenticate due to corrupt access token', challenge);
  }

  static forbidden(why: string): WebError {
    return new WebError('forbidden_op', why);
  }

  static noSuchApp(): WebError {
    return new WebError('organization_application_not_found', 'There is no such organization or application');
  }

  /** Of a conference, member, publication, user or token. */
  static noSuch(what: string): WebError {
    return new WebError('service_resource_not_found', `There is no such ${what}`);
  }

  static noSuchPath(): WebError {
    return new WebError('not_found', 'Nothing is served under this path');
  }

  static methodNotAllowed(allowed: readonly string[]): WebError {
    return new WebError('method_not_allowed', 'This path does not take this method', { allow: allowed.join(', ') });
  }

  static reachLimit(retryAfterSeconds: number, headers: Headers): WebError {
    const description = 'Too many of these calls: wait as long as Retry-After says';
    return new WebError('reach_limit', description, { ...headers, 'retry-after': String(retryAfterSeconds) });
  }

  /** RFC 9110, section 15.5.22; RFC 6455, section 4.4. */
  static upgradeRequired(): WebError {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    return new WebError('upgrade_required', 'This path is that of a WebSocket (RFC 6455), version 13', headers);
  }

  static rangeNotSatisfiable(sizeBytes: number): WebError {
    const headers = { 'content-range': `bytes */${sizeBytes}` };
    return new WebError('range_not_satisfiable', 'The range begins after the end of the file', headers);
  }
}

/** A description where the layer's own is for the log alone; undefined: its message is fit to be shown. */
type Answer = readonly [ErrorCode, string?];

const INTERNAL: Answer = [
  'internal_error',
  'The service failed at this call; its log says why, under this X-Request-Id',
];

const CONFERENCE_ANSWERS: Readonly<Record<ConferenceRefusal, Answer>> = {
  notFound: ['service_resource_not_found'],
  wrongPassword: ['forbidden_op'],
  banned: ['forbidden_op'],
  roleForbids: ['forbidden_op'],
  talkerLimit: ['talker_limit'],
  videoLimit: ['video_limit'],
  audienceLimit: ['audience_limit'],
  illegalSdp: ['illegal_sdp'],
  tooManyPublications: ['conflict'],
  tooManySubscriptions: ['conflict'],
  notRecorded: ['conflict'],
  busy: ['server_busy'],
};

const CALL_ANSWERS: Readonly<Record<CallRefusal, Answer>> = {
  self: ['illegal_argument'],
  noDevice: ['conflict'],
  inCall: ['conflict'],
  notFound: ['service_resource_not_found'],
  answered: ['conflict'],
  notYours: ['forbidden_op'],
  stopping: ['server_busy'],
};

const STORAGE_ANSWERS: Readonly<Record<StorageFailure, Answer>> = {
  badKey: ['not_found', 'There is no such file'],
  notFound: ['gone', 'This file was removed'],
  full: ['server_busy', 'This node has no room left'],
  failed: ['internal_error', 'The file cannot be read at the moment'],
};

const STORE_ANSWERS: Readonly<Record<StoreErrorReason, Answer>> = {
  exists: ['duplicate_unique_property_exists', 'It exists already'],
  missing: ['service_resource_not_found', 'What this call refers to is not there'],
  unavailable: ['server_busy', 'The database cannot be reached at the moment'],
  timeout: ['server_busy', 'The database took too long'],
  inUse: INTERNAL,
  migration: INTERNAL,
  failed: INTERNAL,
};

/** What fastify refuses by itself, by its code. */
const FASTIFY_ANSWERS: Readonly<Record<string, Answer>> = {
  FST_ERR_BAD_URL: ['illegal_argument', 'The path must be a valid, percent-encoded one'],
  FST_ERR_MAX_PARAM_LENGTH: ['illegal_argument', 'A part of the path is too long'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'The body is larger than this call takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'This call does not take a body of this Content-Type'],
  FST_ERR_CTP_EMPTY_TYPE: ['unsupported_media_type', 'This call does not take a body of this Content-Type'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['illegal_argument', 'The body must be as long as Content-Length says'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['json_parse', 'The body must be JSON'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['json_parse', 'The body must be JSON'],
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** The answer to whatever was thrown. What nobody foresaw becomes `internal_error`, and nothing of it is shown. */
export const asWebError = (error: unknown): WebError => {
  if (error instanceof WebError) return error;
  if (error instanceof ConferenceError) return answer(CONFERENCE_ANSWERS[error.reason], error);
  if (error instanceof CallError) return answer(CALL_ANSWERS[error.reason], error);
  if (error instanceof StorageError) return answer(STORAGE_ANSWERS[error.reason], error);
  if (error instanceof StoreError) return answer(STORE_ANSWERS[error.reason], error);
  return answer(FASTIFY_ANSWERS[codeOf(error)] ?? INTERNAL, error);
};

const answer = ([reason, description]: Answer, cause: unknown): WebError =>
  WebError.of(reason, description ?? (cause as Error).message, { cause });

const camelCase = (code: ErrorCode): string =>
  code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `durationMs` is how long the request took so far. */
export const errorBody = (error: WebError, durationMs: number): ErrorBody => ({
  error: error.reason,
  exception: `${camelCase(error.reason)}Exception`,
  error_description: error.message,
  timestamp: Date.now(),
  duration: Math.round(durationMs),
});
