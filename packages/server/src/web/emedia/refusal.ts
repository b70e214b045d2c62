/** Why something is refused, as the vendor's web SDK is told: a number below 0. Some of them make it leave the conference. */
import type { ErrorCode } from '@callreel/contract/errors.ts';
import { asWebError } from '../errors.ts';

/** These end a session: the SDK leaves on its own when it is answered so. */
const LEAVING = {
  badTicket: [-500, 'The ticket is none of ours, or was altered'],
  expiredTicket: [-502, 'The ticket has expired'],
  sessionGone: [-504, 'There is no such session, or it is over'],
  conferenceGone: [-506, 'There is no such conference, or it has ended'],
  full: [-510, 'The conference is full'],
} as const;

/** Asked of the SDK's own user, and answered by it alone. */
const UNKNOWN_TARGET = -507;
const NOT_SERVED = -404;
const TOO_MUCH = -429;

export class EmediaRefusal extends Error {
  override readonly name = 'EmediaRefusal';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  static leaving(why: keyof typeof LEAVING): EmediaRefusal {
    const [code, message] = LEAVING[why];
    return new EmediaRefusal(code, message);
  }

  static unknownTarget(): EmediaRefusal {
    return new EmediaRefusal(UNKNOWN_TARGET, 'There is no such member, or his client does not take this');
  }

  static notServed(what: string): EmediaRefusal {
    return new EmediaRefusal(NOT_SERVED, `${what} is not served here`);
  }

  static tooMuch(): EmediaRefusal {
    return new EmediaRefusal(TOO_MUCH, 'Too much was told to others at once');
  }
}

/** None of these is among those at which the SDK leaves. -523 is what it knows as "too many talkers". */
const CODES: Readonly<Record<ErrorCode, number>> = {
  illegal_argument: -400,
  invalid_grant: -401,
  json_parse: -400,
  illegal_sdp: -406,
  duplicate_unique_property_exists: -409,
  unauthorized: -401,
  auth_bad_access_token: -401,
  forbidden_op: -403,
  talker_limit: -523,
  video_limit: -524,
  audience_limit: -525,
  organization_application_not_found: -404,
  service_resource_not_found: -404,
  not_found: -404,
  method_not_allowed: -400,
  request_timeout: -400,
  conflict: -409,
  payload_too_large: -413,
  unsupported_media_type: -415,
  unprocessable: -422,
  upgrade_required: -426,
  precondition_required: -428,
  gone: -410,
  precondition_failed: -412,
  range_not_satisfiable: -416,
  reach_limit: -429,
  length_exceeds_limit: -400,
  internal_error: -520,
  server_busy: -521,
};

/** Of whatever was thrown. What nobody foresaw tells nothing of itself. */
export const asRefusal = (error: unknown): EmediaRefusal => {
  if (error instanceof EmediaRefusal) return error;
  const { reason, message } = asWebError(error);
  return new EmediaRefusal(CODES[reason], message);
};

/** As an answer to the request that begins a session, where another number means another way of leaving. */
export const asEnterRefusal = (error: unknown): EmediaRefusal => {
  if (error instanceof EmediaRefusal) return error;
  const { reason } = asWebError(error);
  if (reason === 'service_resource_not_found') return EmediaRefusal.leaving('conferenceGone');
  if (reason === 'talker_limit' || reason === 'audience_limit') return EmediaRefusal.leaving('full');
  return asRefusal(error);
};
