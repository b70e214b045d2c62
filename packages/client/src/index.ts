/** What pages use of @callreel/client. */
export { Call, type CallEvents, type CallState } from './call.ts';
export { type AppAddress, type AppCredentials, CallreelApi, type UserCredentials } from './callreel-api.ts';
export { type CaptureChoice, closeCapture, openCameraAndMicrophone, openScreen } from './capture.ts';
export { ClientError, type ClientErrorReason } from './client-error.ts';
export { joinConference, Membership, type MembershipEvents, type MuteWish } from './membership.ts';
export type { Locate } from './negotiate.ts';
export type { LinkState } from './peer-link.ts';
export { Publication, type PublicationState } from './publication.ts';
export { Subscription } from './subscription.ts';
export { openLine, UserLine, type UserLineEvents } from './user-line.ts';
