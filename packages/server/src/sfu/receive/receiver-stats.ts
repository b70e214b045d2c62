/** A receiver's figures, for whoever asks how a connection fares. */
import type { PublicationStats, SourceStats } from '../protocol.ts';
import type { MediaSource } from './media-source.ts';

export type ReceiverStats = Omit<PublicationStats, 'publicationId' | 'connection' | 'subscriptions'>;

export const sourceStatsOf = (source: MediaSource): SourceStats => ({
  track: source.track,
  layer: source.layer,
  ssrc: source.ssrc,
  packets: source.packets,
  payloadBytes: source.bytes,
  senderReports: source.senderReports,
  lost: source.statistics.lost,
  recovered: source.nacks?.recovered ?? 0,
  unrecovered: source.nacks?.givenUp ?? 0,
});
