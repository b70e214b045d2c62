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
  | 'wrongPassword'
  | 'removed'
  | 'conferenceFull'
  | 'callOver'
  | 'calleeBusy'
  | 'calleeOffline'
  | 'callRefused'
  | 'callUnanswered'
  | 'callCancelled'
  | 'callElsewhere'
  | 'callFailed'
  | 'inCall'
  | 'notRecorded'
  | 'illegalValue'
  | 'tooManyRequests'
  | 'serviceBusy'
  | 'network'
  | 'unexpected';

/** What each reason means, and what the person in front of the page can do about it. */
const ADVICE: Record<ClientErrorReason, string> = {
  noDevice: 'No camera or microphone was found. Plug one in, or join without it.',
  noPermission: 'Allow the browser to use camera and microphone, beside the address bar; then try again.',
  deviceBusy: 'Another program has the camera or microphone. Close it, then try again.',
  insecurePage:
    'Browsers give camera and microphone to HTTPS pages and to localhost only. Open this page at such an address.',
  captureFailed: 'The camera or microphone could not be opened.',
  screenNotChosen: 'No screen was shared. Choose a screen, window or tab to share one.',
  nothingToPublish: 'There is neither sound nor picture to send. Turn on the camera or the microphone.',
  codecUnsupported: 'This browser cannot send the wanted video codec.',
  wrongSecret: 'The client id or the client secret is wrong.',
  unknownApp: 'There is no such organisation and app on this service.',
  signedOut: 'The sign-in is no longer valid. Sign in again.',
  forbidden: 'This is not allowed with your role or sign-in. Ask an admin of the call for it.',
  wrongPassword: 'The password of the call is wrong. Ask whoever invited you for it.',
  removed: 'You were removed from this call and cannot enter it again.',
  conferenceFull: 'The call is full.',
  callOver: 'The call is over.',
  calleeBusy: 'The other person is in another call. Try again later.',
  calleeOffline: 'The other person cannot be reached at the moment. Try again later.',
  callRefused: 'The call was declined.',
  callUnanswered: 'Nobody answered. Try again later.',
  callCancelled: 'The caller hung up before the call was answered.',
  callElsewhere: 'The call was answered on another device.',
  callFailed: 'The call could not be connected. Try again.',
  inCall: 'You are in a call already. Hang up first.',
  notRecorded: 'Nothing is recorded that could be paused. Start the recording first.',
  illegalValue: 'The service did not accept a value.',
  tooManyRequests: 'Too many requests. Wait a moment, then try again.',
  serviceBusy: 'The service is busy. Try again in a moment.',
  network: 'The service cannot be reached. Check the network connection, then try again.',
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

/** What one code stands for, told apart by what the service says with it. */
const REASON_BY_WORDS: readonly [code: string, words: RegExp, reason: ClientErrorReason][] = [
  ['forbidden_op', /conference password is wrong/, 'wrongPassword'],
  ['forbidden_op', /was removed from the conference/, 'removed'],
  ['conflict', /is not recorded: there is nothing to pause/, 'notRecorded'],
];

/** How a one-to-one call comes to nothing. */
export type CallFailure = Extract<
  ClientErrorReason,
  | 'calleeBusy'
  | 'calleeOffline'
  | 'callRefused'
  | 'callUnanswered'
  | 'callCancelled'
  | 'callElsewhere'
  | 'callFailed'
  | 'inCall'
>;

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

  static callOver(): ClientError {
    return new ClientError('callOver');
  }

  static signedOut(detail: string): ClientError {
    return new ClientError('signedOut', detail);
  }

  static ofCall(reason: CallFailure, detail = ''): ClientError {
    return new ClientError(reason, detail);
  }

  /** By its code in the contract and what the service said with it. */
  static refused(code: string, description: string): ClientError {
    const worded = REASON_BY_WORDS.find(([of, words]) => of === code && words.test(description));
    return new ClientError(worded?.[2] ?? REASON_BY_CODE[code] ?? 'unexpected', description);
  }

  static unexpected(detail: string): ClientError {
    return new ClientError('unexpected', detail);
  }

  /** From an answer whose status is not 2xx; reads its body. */
  static async answer(response: Response): Promise<ClientError> {
    const body = await readErrorBody(response);
    const description = body.error_description ?? `HTTP ${response.status}`;
    if (body.error !== undefined && body.error in REASON_BY_CODE) return ClientError.refused(body.error, description);
    return new ClientError(reasonOfStatus(response.status), description);
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
