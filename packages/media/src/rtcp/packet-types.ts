/** RTCP packet types and feedback formats that the service reads or writes. */

export const SENDER_REPORT = 200;
export const RECEIVER_REPORT = 201;
export const SOURCE_DESCRIPTION = 202;
export const GOODBYE = 203;
/** Transport layer feedback (RFC 4585 section 6.2). */
export const TRANSPORT_FEEDBACK = 205;
/** Payload-specific feedback (RFC 4585 section 6.3). */
export const PAYLOAD_FEEDBACK = 206;

/** Formats of transport layer feedback. */
export const FORMAT_NACK = 1;
/** RTCP-SR-REQ (RFC 6051 section 7). */
export const FORMAT_SENDER_REPORT_REQUEST = 5;
/** draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1. */
export const FORMAT_TRANSPORT_WIDE = 15;

/** Formats of payload-specific feedback. */
export const FORMAT_PLI = 1;
/** RFC 5104 section 4.3.1. */
export const FORMAT_FIR = 4;
/** Application layer feedback, which REMB is (draft-alvestrand-rmcat-remb-03). */
export const FORMAT_APPLICATION = 15;
