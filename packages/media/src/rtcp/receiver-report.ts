/** Receiver reports (RFC 3550 section 6.4.2). */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { RECEIVER_REPORT, SENDER_REPORT } from './packet-types.ts';

export type ReportBlock = {
  ssrc: number;
  /** Lost since the last report, 0 (none) to 255 (all but nothing), in 256ths. */
  fractionLost256: number;
  /** Lost since the beginning; negative where duplicates came. 24 bits, signed. */
  cumulativeLost: number;
  /** With the count of wraps in the high 16 bits. */
  extendedHighestSequenceNumber: number;
  /** In units of the RTP clock. */
  jitter: number;
  /** LSR: the middle 32 bits of the last sender report's NTP timestamp; 0 where none came. */
  lastSenderReport: number;
  /** DLSR: how long ago it came, in 65,536ths of a second; 0 where none came. */
  delaySinceLastSenderReport: number;
};

const BLOCK_BYTES = 24;
const MAX_BLOCKS = 31;
const MAX_CUMULATIVE_LOST = 0x7fffff;
const MIN_CUMULATIVE_LOST = -0x800000;

const writeBlock = (view: DataView, offset: number, block: ReportBlock): void => {
  const lost = Math.max(MIN_CUMULATIVE_LOST, Math.min(MAX_CUMULATIVE_LOST, block.cumulativeLost));
  view.setUint32(offset, block.ssrc);
  view.setUint32(offset + 4, (block.fractionLost256 << 24) | (lost & 0xffffff));
  view.setUint32(offset + 8, block.extendedHighestSequenceNumber);
  view.setUint32(offset + 12, block.jitter);
  view.setUint32(offset + 16, block.lastSenderReport);
  view.setUint32(offset + 20, block.delaySinceLastSenderReport);
};

/** A receiver report with at most 31 blocks; those beyond are left out. */
export const buildReceiverReport = (senderSsrc: number, blocks: readonly ReportBlock[]): Uint8Array => {
  const taken = blocks.slice(0, MAX_BLOCKS);
  const { bytes, body } = makeRtcpPacket(RECEIVER_REPORT, taken.length, 4 + BLOCK_BYTES * taken.length);
  body.setUint32(0, senderSsrc);
  taken.forEach((block, index) => {
    writeBlock(body, 4 + BLOCK_BYTES * index, block);
  });
  return bytes;
};

const readBlock = (view: DataView, offset: number): ReportBlock => ({
  ssrc: view.getUint32(offset),
  fractionLost256: view.getUint8(offset + 4),
  cumulativeLost: (view.getInt32(offset + 4) << 8) >> 8,
  extendedHighestSequenceNumber: view.getUint32(offset + 8),
  jitter: view.getUint32(offset + 12),
  lastSenderReport: view.getUint32(offset + 16),
  delaySinceLastSenderReport: view.getUint32(offset + 20),
});

/** Its report blocks; undefined where it is no receiver report or is shorter than it says. */
export const parseReceiverReport = (packet: RtcpPacket): ReportBlock[] | undefined => {
  if (packet.packetType !== RECEIVER_REPORT || packet.body.length < 4 + BLOCK_BYTES * packet.count) return undefined;
  const view = viewOf(packet.body);
  return Array.from({ length: packet.count }, (_, index) => readBlock(view, 4 + BLOCK_BYTES * index));
};

/** Of a sender report: its SSRC and what it says of its own stream stand in front of the blocks. */
const SENDER_BYTES = 24;

/** What the peer says of what it gets, in a report of either kind; undefined where it is none or is shorter than it says. */
export const parseReportBlocks = (packet: RtcpPacket): ReportBlock[] | undefined => {
  if (packet.packetType !== SENDER_REPORT) return parseReceiverReport(packet);
  if (packet.body.length < SENDER_BYTES + BLOCK_BYTES * packet.count) return undefined;
  const view = viewOf(packet.body);
  return Array.from({ length: packet.count }, (_, index) => readBlock(view, SENDER_BYTES + BLOCK_BYTES * index));
};
