/** Who is in the merged picture when: a scene is a stretch of time in which nobody joins or leaves. */
import { type Area, layOut } from './layout.ts';
import type { CompositeJob, CompositeSource } from './protocol.ts';

/** `source` counts in `job.sources`. Times are milliseconds of conference time; `toMs` is not in the scene. */
export type Scene = { fromMs: number; toMs: number; tiles: { source: number; area: Area }[] };

/** Conference time at which the output starts. */
export const startOf = (job: CompositeJob): number => Math.min(...job.sources.map((source) => source.startMs));

/** The scenes from the output's start to its end, without holes between them. */
export const planScenes = (job: CompositeJob): Scene[] => {
  const startMs = startOf(job);
  const inside = job.sources
    .flatMap((source) => [source.startMs, source.endMs])
    .filter((ms) => ms > startMs && ms < job.endMs);
  const edges = [...new Set([startMs, ...inside, job.endMs])].sort((a, b) => a - b);
  const order = inOrderOfJoining(job.sources);
  return edges.slice(0, -1).map((fromMs, index) => ({
    fromMs,
    toMs: edges[index + 1] ?? job.endMs,
    tiles: tilesAt(fromMs, order, job),
  }));
};

const tilesAt = (ms: number, order: readonly number[], job: CompositeJob): Scene['tiles'] => {
  const present = order.flatMap((source) => {
    const occupant = job.sources[source];
    return occupant && occupant.startMs <= ms && ms < occupant.endMs ? [{ source, occupant }] : [];
  });
  const areas = layOut(
    present.map(({ occupant }) => occupant),
    job.width,
    job.height,
  );
  return present.flatMap(({ source }, index) => {
    const area = areas[index];
    return area ? [{ source, area }] : [];
  });
};

/** A member who publishes anew takes his old place: it is the first time that counts. */
const inOrderOfJoining = (sources: readonly CompositeSource[]): number[] => {
  const first = new Map<string, number>();
  const key = ({ memberId, kind }: CompositeSource): string => `${memberId} ${kind}`;
  for (const source of sources) {
    first.set(key(source), Math.min(source.startMs, first.get(key(source)) ?? Number.POSITIVE_INFINITY));
  }
  const joined = sources.map((source, index) => ({
    index,
    firstMs: first.get(key(source)) ?? 0,
    startMs: source.startMs,
  }));
  return joined
    .sort((a, b) => a.firstMs - b.firstMs || a.startMs - b.startMs || a.index - b.index)
    .map(({ index }) => index);
};
