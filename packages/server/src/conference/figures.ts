/** How much runs, in numbers alone: for whoever watches over the service. */
import type { Role } from '@callreel/contract/conference.ts';
import type { MediaProcessStats, SourceStats } from '../sfu/protocol.ts';
import type { LiveConference } from './live-conference.ts';

/** What came over the network, as far as it was looked at. */
export type TrackTotals = Pick<SourceStats, 'packets' | 'payloadBytes' | 'lost' | 'recovered' | 'unrecovered'>;

export type ConferenceFigures = {
  conferences: { waiting: number; running: number };
  members: Record<Role, number>;
  /** `held`: its connection is lost and may be resumed. */
  publications: { open: number; held: number };
  /** By number; undefined for one that is down, or does not answer. */
  mediaProcesses: (Pick<MediaProcessStats, 'cpuMs' | 'residentBytes'> | undefined)[];
  received: Readonly<Record<SourceStats['track'], TrackTotals>>;
};

export const countLives = (
  conferences: readonly LiveConference[],
): Pick<ConferenceFigures, 'conferences' | 'members' | 'publications'> => {
  const lives = conferences.map(({ life }) => life);
  const members = lives.flatMap((life) => [...life.members.values()]);
  const publications = members.flatMap((member) => [...member.publications.values()]);
  const ofPhase = (phase: string) => lives.filter((life) => life.phase === phase).length;
  const ofRole = (role: Role) => members.filter((member) => member.role === role).length;
  const ofKind = (kind: string) => publications.filter((publication) => publication.kind === kind).length;
  return {
    conferences: { waiting: ofPhase('waiting'), running: ofPhase('running') },
    members: { audience: ofRole('audience'), talker: ofRole('talker'), admin: ofRole('admin') },
    publications: { open: ofKind('open'), held: ofKind('held') },
  };
};

const NOTHING: TrackTotals = { packets: 0, payloadBytes: 0, lost: 0, recovered: 0, unrecovered: 0 };
const COUNTS = Object.keys(NOTHING) as (keyof TrackTotals)[];

const keyOf = (publicationId: string, { track, ssrc }: SourceStats): string => `${publicationId} ${track} ${ssrc}`;

/**
 * Totals that only grow, of counts that end with their publication: at each look what was added since the last one. What a publication
 * received between the last look and its end is not in them.
 */
export class ReceivedTotals {
  readonly #totals = { audio: { ...NOTHING }, video: { ...NOTHING } };
  #last = new Map<string, SourceStats>();

  take(processes: readonly (MediaProcessStats | undefined)[]): ConferenceFigures['received'] {
    const seen = new Map<string, SourceStats>();
    for (const { publicationId, sources } of processes.flatMap((stats) => stats?.publications ?? [])) {
      for (const source of sources) {
        const key = keyOf(publicationId, source);
        this.#add(source, this.#last.get(key));
        seen.set(key, source);
      }
    }
    // One that does not answer goes on counting.
    this.#last = processes.includes(undefined) ? new Map([...this.#last, ...seen]) : seen;
    return this.#totals;
  }

  /** A count is lower than it was after a resume, which counts anew, or where one that was missing came late: then it is no less than nothing. */
  #add(source: SourceStats, last: TrackTotals = NOTHING): void {
    const totals = this.#totals[source.track];
    const before = source.packets < last.packets ? NOTHING : last;
    for (const count of COUNTS) totals[count] += Math.max(0, source[count] - before[count]);
  }
}
