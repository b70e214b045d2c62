/**
 * Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1): when each packet of a connection came, by the
 * sequence number that all its streams share, so that the sender can tell a queue that builds up from the arrival times.
 */
import { makeRtcpPacket, type RtcpPacket, viewOf } from './compound.ts';
import { FORMAT_TRANSPORT_WIDE, TRANSPORT_FEEDBACK } from './packet-types.ts';
import { encodeStatuses, LARGE_DELTA, readStatuses, SMALL_DELTA, type Status } from './transport-feedback-status.ts';

/** Arrival times by sequence number; undefined for a packet that did not come. */
export type TransportFeedback = {
  senderSsrc: number;
  mediaSsrc: number;
  /** 8 bits: counts feedback packets, so that the sender sees a lost one. */
  feedbackCount: number;
  /** 16 bits: of the first arrival. */
  baseSequenceNumber: number;
  /** In milliseconds on the receiver's clock, modulo 2^24 × 64 ms; steps of 250 µs. */
  arrivalsMs: readonly (number | undefined)[];
};

const FIXED_BODY_BYTES = 16;
/** The unit of deltas is 250 µs, that of the reference time 64 ms. */
const TICKS_PER_MS = 4;
const TICKS_PER_REFERENCE = 256;
const REFERENCE_MODULUS = 2 ** 24;
const MAX_SMALL_DELTA = 255;
const MIN_LARGE_DELTA = -0x8000;
const MAX_LARGE_DELTA = 0x7fff;
/** The reference time wraps after 12 days. */
export const FEEDBACK_TIME_MODULUS_MS = (REFERENCE_MODULUS * TICKS_PER_REFERENCE) / TICKS_PER_MS;

type Timed = { statuses: Status[]; deltas: number[]; reference: number };

/** Up to the first arrival whose distance from the one before does not fit (8.19 s). */
const timed = (arrivalsMs: readonly (number | undefined)[]): Timed => {
  const result: Timed = { statuses: [], deltas: [], reference: 0 };
  let lastTicks: number | undefined;
  for (const arrivalMs of arrivalsMs) {
    if (arrivalMs === undefined) {
      result.statuses.push(0);
      continue;
    }
    const ticks = Math.round(arrivalMs * TICKS_PER_MS);
    if (lastTicks === undefined) {
      result.reference = Math.floor(ticks / TICKS_PER_REFERENCE);
      lastTicks = result.reference * TICKS_PER_REFERENCE;
    }
    const delta = ticks - lastTicks;
    if (delta < MIN_LARGE_DELTA || delta > MAX_LARGE_DELTA) break;
    result.statuses.push(delta >= 0 && delta <= MAX_SMALL_DELTA ? SMALL_DELTA : LARGE_DELTA);
    result.deltas.push(delta);
    lastTicks = ticks;
  }
  return result;
};

const writeDeltas = (body: DataView, start: number, statuses: readonly Status[], deltas: readonly number[]): void => {
  let offset = start;
  let index = 0;
  for (const status of statuses) {
    if (status === 0) continue;
    const delta = deltas[index++] ?? 0;
    if (status === SMALL_DELTA) body.setUint8(offset, delta);
    else body.setInt16(offset, delta);
    offset += status;
  }
};

/**
 * One packet for as many of the arrivals, from the first on, as fit: `covered` says how many, at least one. The rest wants another, from
 * the sequence number after those. What comes after the last arrival is left out: it may still be on its way.
 * @throws TypeError where nothing arrived
 */
export const buildTransportFeedback = (feedback: TransportFeedback): { bytes: Uint8Array; covered: number } => {
  const { senderSsrc, mediaSsrc, baseSequenceNumber, feedbackCount, arrivalsMs } = feedback;
  if (arrivalsMs.at(-1) === undefined) throw new TypeError('arrivalsMs: must end with an arrival');
  const { statuses, deltas, reference } = timed(arrivalsMs);
  const { chunks, covered, deltaBytes } = encodeStatuses(statuses);
  const bodyBytes = FIXED_BODY_BYTES + 2 * chunks.length + deltaBytes;
  const { bytes, body } = makeRtcpPacket(TRANSPORT_FEEDBACK, FORMAT_TRANSPORT_WIDE, 4 * Math.ceil(bodyBytes / 4));
  const wrapped = ((reference % REFERENCE_MODULUS) + REFERENCE_MODULUS) % REFERENCE_MODULUS;
  body.setUint32(0, senderSsrc);
  body.setUint32(4, mediaSsrc);
  body.setUint16(8, baseSequenceNumber);
  body.setUint16(10, covered);
  body.setUint32(12, ((wrapped << 8) | (feedbackCount & 0xff)) >>> 0);
  chunks.forEach((chunk, index) => {
    body.setUint16(FIXED_BODY_BYTES + 2 * index, chunk);
  });
  writeDeltas(body, FIXED_BODY_BYTES + 2 * chunks.length, statuses.slice(0, covered), deltas);
  return { bytes, covered };
};

const readArrivals = (view: DataView, start: number, statuses: readonly Status[]): (number | undefined)[] => {
  let offset = start;
  let ticks = view.getUint32(12) >>> 8;
  ticks *= TICKS_PER_REFERENCE;
  return statuses.map((status) => {
    if (status === 0) return undefined;
    ticks += status === SMALL_DELTA ? view.getUint8(offset) : view.getInt16(offset);
    offset += status;
    return ticks / TICKS_PER_MS;
  });
};

/** Undefined where the packet is none, or is shorter than it says. For senders: the service itself sends no media. */
export const parseTransportFeedback = (packet: RtcpPacket): TransportFeedback | undefined => {
  if (packet.packetType !== TRANSPORT_FEEDBACK || packet.count !== FORMAT_TRANSPORT_WIDE) return undefined;
  if (packet.body.length < FIXED_BODY_BYTES) return undefined;
  const view = viewOf(packet.body);
  const read = readStatuses(view, FIXED_BODY_BYTES, view.getUint16(10));
  if (read === undefined) return undefined;
  const deltaBytes = read.statuses.reduce<number>((sum, status) => sum + status, 0);
  if (read.end + deltaBytes > packet.body.length) return undefined;
  return {
    senderSsrc: view.getUint32(0),
    mediaSsrc: view.getUint32(4),
    baseSequenceNumber: view.getUint16(8),
    feedbackCount: view.getUint8(15),
    arrivalsMs: readArrivals(view, read.end, read.statuses),
  };
};
