import type { ErrorBody } from '@callreel/contract/errors.ts';

export type ClientErrorReason =
  | 'noDevice'
  | 'noPermission'
  | 'deviceBusy'
  | 'insecurePage'
  | 'captureFailed'
  | 'screenNotChosen'
  | 'nothingToPublish'
  | 'codecUnsupported'
  | 'wrongSecret'
  | 'unknownApp'
  | 'signedOut'
  | 'forbidden'
  | 'conferenceFull'
  | 'callOver'
  | 'illegalValue'
  | 'tooManyRequests'
  | 'serviceBusy'
  | 'network'
  | 'unexpected';

/** What each reason means, and what the person in front of the page can do about it. */
const ADVICE: Record<ClientErrorReason, string> = {
  noDevice: 'No camera or microphone was found. Plug one in, or join without it.',
  noPermission: 'The browser may not use the camera or microphone. Allow it beside the address bar, then try again.',
  deviceBusy: 'The camera or microphone is in use by another program. Close that program, then try again.',
  insecurePage:
    'Browsers give camera and microphone to HTTPS pages and to localhost only. Open this page at such an address.',
  captureFailed: 'The camera or microphone could not be opened.',
  screenNotChosen: 'No screen was shared. Choose a screen, window or tab to share one.',
  nothingToPublish: 'There is neither sound nor picture to send. Turn on the camera or the microphone.',
  codecUnsupported: 'This browser cannot send the wanted video codec.',
  wrongSecret: 'The client id or the client secret is wrong.',
  unknownApp: 'There is no such organisation and app on this service.',
  signedOut: 'The sign-in is no longer valid. Sign in again.',
  forbidden:
    'This is not allowed: the role does not permit it, the password is wrong, or you were removed from the call.',
  conferenceFull: 'The call is full.',
  callOver: 'The call is over.',
  illegalValue: 'The service did not accept a value.',
  tooManyRequests: 'Too many requests. Wait a moment, then try again.',
  serviceBusy: 'The service is busy. Try again in a moment.',
  network: 'The service could not be reached. Check the network connection, then try again.',
  unexpected: 'The service answered in an unexpected way.',
};

const REASON_BY_CODE: Readonly<Record<string, ClientErrorReason>> = {
  invalid_grant: 'wrongSecret',
  organization_application_not_found: 'unknownApp',
  unauthorized: 'signedOut',
  auth_bad_access_token: 'signedOut',
  forbidden_op: 'forbidden',
  talker_limit: 'conferenceFull',
  video_limit: 'conferenceFull',
  audience_limit: 'conferenceFull',
  service_resource_not_found: 'callOver',
  conflict: 'callOver',
  gone: 'callOver',
  illegal_argument: 'illegalValue',
  json_parse: 'illegalValue',
  illegal_sdp: 'illegalValue',
  length_exceeds_limit: 'illegalValue',
  reach_limit: 'tooManyRequests',
  server_busy: 'serviceBusy',
};

const CAPTURE_REASONS: Readonly<Record<string, ClientErrorReason>> = {
  NotFoundError: 'noDevice',
  OverconstrainedError: 'noDevice',
  NotAllowedError: 'noPermission',
  SecurityError: 'noPermission',
  NotReadableError: 'deviceBusy',
};

/** Everything in this package that fails for a reason outside the calling code fails with this. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly reason: ClientErrorReason;
  /** What the service or the browser said itself, in English; empty where it said nothing. */
  readonly detail: string;

  private constructor(reason: ClientErrorReason, detail = '', cause?: unknown) {
    super(detail === '' ? ADVICE[reason] : `${ADVICE[reason]} (${detail})`, { cause });
    this.reason = reason;
    this.detail = detail;
  }

  /** From what `getUserMedia` threw. */
  static capture(cause: unknown): ClientError {
    const name = cause instanceof Error ? cause.name : '';
    return new ClientError(CAPTURE_REASONS[name] ?? 'captureFailed', detailOf(cause), cause);
  }

  /** From what `getDisplayMedia` threw: declining and the system forbidding it look the same. */
  static screen(cause: unknown): ClientError {
    const declined = cause instanceof Error && cause.name === 'NotAllowedError';
    return declined ? new ClientError('screenNotChosen', '', cause) : ClientError.capture(cause);
  }

  static insecurePage(): ClientError {
    return new ClientError('insecurePage');
  }

  static nothingToPublish(): ClientError {
    return new ClientError('nothingToPublish');
  }

  static codecUnsupported(codec: string): ClientError {
    return new ClientError('codecUnsupported', codec);
  }

  static network(cause: unknown): ClientError {
    return new ClientError('network', '', cause);
  }

  static unexpected(detail: string): ClientError {
    return new ClientError('unexpected', detail);
  }

  /** From an answer whose status is not 2xx; reads its body. */
  static async answer(response: Response): Promise<ClientError> {
    const body = await readErrorBody(response);
    const reason = REASON_BY_CODE[body.error ?? ''] ?? reasonOfStatus(response.status);
    return new ClientError(reason, body.error_description ?? `HTTP ${response.status}`);
  }
}

const detailOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const reasonOfStatus = (status: number): ClientErrorReason => (status >= 502 ? 'serviceBusy' : 'unexpected');

const readErrorBody = async (response: Response): Promise<Partial<ErrorBody>> => {
  try {
    return (await response.json()) as Partial<ErrorBody>;
  } catch {
    return {};
  }
};
