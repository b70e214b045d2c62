/** What the receivers of a publication counted, over all its connections and streams. */
import type { TrackKind } from '../recording-spec.ts';

/** One stream's counts so far, as a receiver has them. */
export type StreamCounts = { track: TrackKind; ssrc: number; packets: number; lost: number; recovered: number };

/** A receiver's counts so far, told about every second and before its connection is closed. */
export type ReceiverCounts = {
  sources: readonly StreamCounts[];
  keyFrameRequests: number;
  /** The sender takes no notice of what it may send. */
  capIgnored: boolean;
};

export type TrackCounts = { lost: number; recovered: number };

const NOTHING: TrackCounts = { lost: 0, recovered: 0 };

export class NetworkTally {
  /** Of streams and connections that are over. */
  readonly #past: Record<TrackKind, TrackCounts> = { audio: { ...NOTHING }, video: { ...NOTHING } };
  #pastRequests = 0;
  #current: ReceiverCounts | undefined;
  #capIgnored = false;

  /** On any of the connections. */
  get capIgnored(): boolean {
    return this.#capIgnored;
  }

  get keyFrameRequests(): number {
    return this.#pastRequests + (this.#current?.keyFrameRequests ?? 0);
  }

  handleCounts(counts: ReceiverCounts): void {
    const ssrcs = new Set(counts.sources.map(({ ssrc }) => ssrc));
    for (const stream of this.#current?.sources ?? []) if (!ssrcs.has(stream.ssrc)) this.#addPast(stream);
    this.#current = counts;
    this.#capIgnored ||= counts.capIgnored;
  }

  /** Counted before the recording began, of a connection that goes on: not the recording's. */
  handleEarlierCounts({ sources, keyFrameRequests }: ReceiverCounts): void {
    for (const source of sources) {
      const { lost, recovered } = countsOf(source);
      addTo(this.#past[source.track], { lost: -lost, recovered: -recovered });
    }
    this.#pastRequests -= keyFrameRequests;
  }

  /** What follows is another connection's. */
  handleNewConnection(): void {
    for (const stream of this.#current?.sources ?? []) this.#addPast(stream);
    this.#pastRequests += this.#current?.keyFrameRequests ?? 0;
    this.#current = undefined;
  }

  of(track: TrackKind): TrackCounts {
    const sum = { ...this.#past[track] };
    for (const stream of this.#current?.sources ?? []) if (stream.track === track) addTo(sum, countsOf(stream));
    return sum;
  }

  #addPast(stream: StreamCounts): void {
    addTo(this.#past[stream.track], countsOf(stream));
  }
}

/** Duplicates can make a stream's loss negative. */
const countsOf = ({ lost, recovered }: StreamCounts): TrackCounts => ({ lost: Math.max(0, lost), recovered });

const addTo = (sum: TrackCounts, { lost, recovered }: TrackCounts): void => {
  sum.lost += lost;
  sum.recovered += recovered;
};
