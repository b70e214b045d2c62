/** Whether a sender may be asked for a report at once (RFC 6051, RTCP-SR-REQ). */
import type { MediaChoice } from '@callreel/media/sdp/choose-media.ts';

/**
 * libwebrtc's, known by `goog-remb`, answer without having offered it; others only where they did (`nack rai`, RFC 6051 section 3.2). GStreamer 1.22
 * that is asked takes its session's lock twice and never sends another packet.
 */
export const takesReportRequests = ({ audio, video }: MediaChoice): boolean =>
  [audio, video].some((chosen) => chosen?.codec.feedback.has('nack rai') || chosen?.codec.feedback.has('goog-remb'));
