/** The connections of an SDK's page: one for each stream that it publishes, one for each that it receives. */
import { type PubStreamId, parsePubStreamId } from '@callreel/contract/ids.ts';
import type { FastifyRequest } from 'fastify';
import { ConferenceError } from '../../conference/conference-error.ts';
import type { AssertRoom } from '../../conference/publications.ts';
import { BODY_LIMIT_BYTES } from '../bodies.ts';
import type { ConferencesPort } from '../conferences-port.ts';
import { WebError } from '../errors.ts';
import type { Workload } from '../load/workload.ts';
import type { Entered } from './entering.ts';
import { type Asked, isOn, type Published, type Told } from './frames.ts';
import { EmediaRefusal } from './refusal.ts';
import type { PageConnection, Seat } from './seat.ts';

export type ConnectionParts = { conferences: ConferencesPort; workload: Workload; assertRoom: AssertRoom };

export type Outcome = {
  /** What goes into the answer, as it is when that is told; undefined: there is none. */
  answer?: () => Record<string, unknown>;
  /** Is told after it, never before: an answer with a description in it breaks the SDK. */
  after?: Told;
};

export const DONE: Outcome = { answer: () => ({}) };

/** "The connection is made anew": what it carried goes on. */
const REBUILDING = -10;
const DESKTOP = 1;

/** @throws WebError `illegal_sdp`, `payload_too_large` */
const offerIn = (text: string): string => {
  if (text.length > 2 * BODY_LIMIT_BYTES) throw WebError.of('payload_too_large', 'The offer is too long');
  try {
    const { sdp } = JSON.parse(text) as { sdp?: unknown };
    if (typeof sdp === 'string' && sdp.length <= BODY_LIMIT_BYTES) return sdp;
  } catch {
    // What is no JSON has no offer in it.
  }
  throw WebError.of('illegal_sdp', 'The field sdp must be JSON text with an offer');
};

export const offer = async (
  parts: ConnectionParts,
  request: FastifyRequest,
  entered: Entered,
  asked: Asked<'offer'>,
): Promise<Outcome> => {
  const { app } = entered.room;
  const sdp = offerIn(asked.sdp);
  const { pubS } = asked;
  return parts.workload.inTurn(request, `${app.org}/${app.name}`.toLowerCase(), () =>
    pubS ? publish(parts, entered, { asked, pubS, sdp }) : subscribe(parts, entered, { asked, sdp }),
  );
};

/** The latest offer of a connection counts: what it received before ends. */
const subscribe = async (
  { conferences }: ConnectionParts,
  { seat }: Entered,
  { asked, sdp }: { asked: Asked<'offer'>; sdp: string },
): Promise<Outcome> => {
  const publicationId = parsePubStreamId(asked.subSId ?? '');
  const before = seat.connections.get(asked.rtcId);
  const { subscriptionId, answer } = await conferences.receiving.subscribe(seat.ref, publicationId, sdp);
  const sends = switchedIn(asked);
  if (Object.values(sends).includes(false)) {
    await conferences.receiving.change(seat.ref, { publicationId, id: subscriptionId }, sends);
  }
  if (publicationId === undefined) throw WebError.noSuch('publication');
  seat.connections.set(asked.rtcId, { kind: 'subscription', id: subscriptionId, publicationId });
  if (before?.kind === 'subscription') await unsubscribe(conferences, seat, before);
  return { ...DONE, after: answered(asked, answer) };
};

/** What is received over the connection from now on. */
export const changeSubscription = async (
  { conferences }: ConnectionParts,
  { seat }: Entered,
  asked: Asked<'changeSubscription'>,
): Promise<Outcome> => {
  const connection = seat.connections.get(asked.rtcId);
  if (connection?.kind !== 'subscription') throw WebError.noSuch('subscription');
  await conferences.receiving.change(seat.ref, connection, switchedIn(asked));
  return DONE;
};

const switchedIn = ({ subSAudio, subSVideo }: Pick<Asked<'changeSubscription'>, 'subSAudio' | 'subSVideo'>) => ({
  ...(subSAudio !== undefined && subSAudio !== null && { audio: isOn(subSAudio) }),
  ...(subSVideo !== undefined && subSVideo !== null && { video: isOn(subSVideo) }),
});

const unsubscribe = async (
  conferences: ConferencesPort,
  { ref }: Seat,
  subscription: Extract<PageConnection, { kind: 'subscription' }>,
): Promise<void> => {
  try {
    await conferences.receiving.unsubscribe(ref, subscription);
  } catch (error) {
    // It ended with its publication.
    if (!(error instanceof ConferenceError && error.reason === 'notFound')) throw error;
  }
};

const answered = ({ rtcId, cctx }: Asked<'offer'>, sdp: string): Told => ({
  ...{ op: 106, rtcId, sdp: JSON.stringify({ type: 'ANSWER', sdp }) },
  ...(cctx !== undefined && { cctx }),
});

type Publishing = { asked: Asked<'offer'>; pubS: Published; sdp: string };

const publish = async (parts: ConnectionParts, entered: Entered, publishing: Publishing): Promise<Outcome> => {
  const { seat } = entered;
  const { asked, pubS } = publishing;
  const { id, answer } = (await resume(parts, entered, publishing)) ?? (await publishAnew(parts, entered, publishing));
  seat.forget(id);
  seat.connections.set(asked.rtcId, { kind: 'publication', id, isOpen: true });
  await parts.conferences.events.switchTracks(seat.ref, id, { audioOff: isOn(pubS.aoff), videoOff: isOn(pubS.voff) });
  return { answer: () => ({ streamId: id, csrc: 0 }), after: answered(asked, answer) };
};

const publishAnew = async (
  { conferences, assertRoom }: ConnectionParts,
  { room, seat }: Entered,
  { pubS, sdp }: Publishing,
): Promise<{ id: PubStreamId; answer: string }> => {
  if (pubS.type !== undefined && pubS.type !== 0 && pubS.type !== DESKTOP) {
    throw EmediaRefusal.notServed('Sound that is mixed on the server');
  }
  room.announce(seat.memberId, { ext: pubS.ext ?? undefined, name: pubS.name ?? undefined });
  const kind = pubS.type === DESKTOP ? 'desktop' : 'av';
  const { pubStreamId, answer } = await conferences.publishing.publish(seat.ref, sdp, kind, assertRoom);
  return { id: pubStreamId, answer };
};

/**
 * Undefined where there is no such publication of his any more: it is published anew, under another name. The SDK makes each connection
 * anew twice, and may say the old name again: then the connection's own name tells which is meant.
 */
const resume = async (
  { conferences }: ConnectionParts,
  { room, seat }: Entered,
  { asked, pubS, sdp }: Publishing,
): Promise<{ id: PubStreamId; answer: string } | undefined> => {
  const named = parsePubStreamId(pubS.id ?? '');
  if (named === undefined) return undefined;
  const before = seat.connections.get(asked.rtcId);
  for (const id of before?.kind === 'publication' ? [named, before.id] : [named]) {
    try {
      const { answer } = await conferences.publishing.resume(seat.ref, id, sdp);
      room.renew(id);
      return { id, answer };
    } catch (error) {
      if (!(error instanceof ConferenceError && error.reason === 'notFound')) throw error;
    }
  }
  return undefined;
};

/** Of a connection that is closed already, or was never known, nothing ends: after a resume the SDK says so of each of them. */
export const end = async (
  { conferences }: ConnectionParts,
  { seat }: Entered,
  { rtcId, endReason }: Asked<'end'>,
): Promise<Outcome> => {
  const connection = rtcId === undefined ? undefined : seat.connections.get(rtcId);
  if (rtcId === undefined || connection === undefined) return DONE;
  if (connection.kind === 'publication' && endReason === REBUILDING) connection.isOpen = false;
  if (connection.kind === 'publication' && !connection.isOpen) return DONE;
  seat.connections.delete(rtcId);
  if (connection.kind === 'publication') await conferences.publishing.unpublish(seat.ref, connection.id);
  else await unsubscribe(conferences, seat, connection);
  return DONE;
};

export const mute = async (
  { conferences }: ConnectionParts,
  { seat }: Entered,
  { rtcId, voff, aoff }: Asked<'mute'>,
): Promise<Outcome> => {
  const connection = seat.connections.get(rtcId);
  if (connection?.kind !== 'publication') throw WebError.noSuch('publication');
  await conferences.events.switchTracks(seat.ref, connection.id, {
    ...(aoff !== undefined && aoff !== null && { audioOff: isOn(aoff) }),
    ...(voff !== undefined && voff !== null && { videoOff: isOn(voff) }),
  });
  return DONE;
};

/** Starts or stops the recording of what the connection carries, whoever publishes it. The SDK says so again for each connection that it makes anew. */
export const record = async (
  { conferences, assertRoom }: ConnectionParts,
  { room, seat }: Entered,
  { rtcId, flag }: Asked<'record'>,
): Promise<Outcome> => {
  const connection = seat.connections.get(rtcId);
  if (connection === undefined) throw WebError.noSuch('publication');
  const pubStreamId = connection.kind === 'publication' ? connection.id : connection.publicationId;
  const action = isOn(flag) ? 'start' : 'stop';
  await conferences.recording.order(room.app, room.confrId, { action, pubStreamId, by: seat.ref }, assertRoom);
  return DONE;
};
