/** The closed list of error codes, and the body that every failed request is answered with. */
import { type Static, Type } from 'typebox';

export const ERROR_CODES = [
  'illegal_argument',
  'invalid_grant',
  'json_parse',
  'illegal_sdp',
  'duplicate_unique_property_exists',
  'unauthorized',
  'auth_bad_access_token',
  'forbidden_op',
  'talker_limit',
  'video_limit',
  'audience_limit',
  'organization_application_not_found',
  'service_resource_not_found',
  'not_found',
  'method_not_allowed',
  'request_timeout',
  'conflict',
  'payload_too_large',
  'unsupported_media_type',
  'unprocessable',
  'upgrade_required',
  'precondition_required',
  'gone',
  'precondition_failed',
  'range_not_satisfiable',
  'reach_limit',
  'length_exceeds_limit',
  'internal_error',
  'server_busy',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export const ErrorBody = Type.Object({
  error: Type.String(),
  exception: Type.String(),
  error_description: Type.String(),
  timestamp: Type.Integer(),
  duration: Type.Integer(),
});
export type ErrorBody = Static<typeof ErrorBody>;
