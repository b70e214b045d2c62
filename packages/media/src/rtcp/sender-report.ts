/** Sender reports (RFC 3550 section 6.4.1): the sender's clock beside its RTP timestamp. */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { SENDER_REPORT } from './packet-types.ts';

export type SenderReport = {
  ssrc: number;
  /** The sender's own clock, milliseconds since 1970 where it keeps real time; only differences are to be trusted. */
  ntpMs: number;
  /** The middle 32 bits of the NTP timestamp, to be sent back as LSR. */
  ntpMiddle32: number;
  /** The same moment on the stream's RTP clock, 32 bits as on the wire. */
  rtpTimestamp: number;
  packetCount: number;
  octetCount: number;
};

const BODY_BYTES = 24;
const NTP_TO_UNIX_SECONDS = 2_208_988_800;

export const parseSenderReport = (packet: RtcpPacket): SenderReport | undefined => {
  if (packet.packetType !== SENDER_REPORT || packet.body.length < BODY_BYTES) return undefined;
  const view = viewOf(packet.body);
  const seconds = view.getUint32(4) - NTP_TO_UNIX_SECONDS;
  return {
    ssrc: view.getUint32(0),
    ntpMs: seconds * 1000 + (view.getUint32(8) / 2 ** 32) * 1000,
    ntpMiddle32: view.getUint32(6),
    rtpTimestamp: view.getUint32(12),
    packetCount: view.getUint32(16),
    octetCount: view.getUint32(20),
  };
};

/** A sender report without report blocks; `ntpMs` is milliseconds since 1970. For senders: the service itself only receives. */
export const buildSenderReport = (report: Omit<SenderReport, 'ntpMiddle32'>): Uint8Array => {
  const { bytes, body } = makeRtcpPacket(SENDER_REPORT, 0, BODY_BYTES);
  const seconds = Math.floor(report.ntpMs / 1000);
  body.setUint32(0, report.ssrc);
  body.setUint32(4, seconds + NTP_TO_UNIX_SECONDS);
  body.setUint32(8, Math.floor((report.ntpMs / 1000 - seconds) * 2 ** 32));
  body.setUint32(12, report.rtpTimestamp);
  body.setUint32(16, report.packetCount);
  body.setUint32(20, report.octetCount);
  return bytes;
};
