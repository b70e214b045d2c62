/** How many requests were answered how, and how long it took: by the route's template, so that no name of an app is in it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Family, Sample } from './exposition.ts';

/** Seconds. A small call takes some milliseconds; what is over 0.5 s somebody notices. */
const BOUNDS = [0.01, 0.05, 0.1, 0.5, 2, 10];

type Durations = { buckets: number[]; sum: number; count: number };
type RouteFigures = { method: string; route: string; statuses: Map<number, number>; durations: Durations };

/** No path of ours. */
const NO_ROUTE = 'none';

export class RequestFigures {
  /** As many as there are routes, with the methods that node knows. */
  readonly #routes = new Map<string, RouteFigures>();

  /** For the hook that runs when an answer was sent. */
  readonly note = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { statuses, durations } = this.#figuresOf(request.method, request.routeOptions.url ?? NO_ROUTE);
    statuses.set(reply.statusCode, (statuses.get(reply.statusCode) ?? 0) + 1);
    const seconds = reply.elapsedTime / 1000;
    durations.count += 1;
    durations.sum += seconds;
    for (const [index, bound] of BOUNDS.entries()) {
      if (seconds <= bound) durations.buckets[index] = (durations.buckets[index] ?? 0) + 1;
    }
  };

  families(): Family[] {
    const routes = [...this.#routes.values()];
    return [
      {
        name: 'callreel_http_requests_total',
        type: 'counter',
        help: 'Requests answered',
        samples: routes.flatMap(({ method, route, statuses }) =>
          [...statuses].map(([status, value]) => ({ labels: { method, route, status: String(status) }, value })),
        ),
      },
      {
        name: 'callreel_http_request_duration_seconds',
        type: 'histogram',
        help: 'From a request to the end of its answer; a download takes as long as its client does',
        samples: routes.flatMap(({ method, route, durations }) => histogram({ method, route }, durations)),
      },
    ];
  }

  #figuresOf(method: string, route: string): RouteFigures {
    const key = `${method} ${route}`;
    const found = this.#routes.get(key);
    if (found !== undefined) return found;
    const durations = { buckets: BOUNDS.map(() => 0), sum: 0, count: 0 };
    const figures: RouteFigures = { method, route, statuses: new Map(), durations };
    this.#routes.set(key, figures);
    return figures;
  }
}

const histogram = (labels: Record<string, string>, { buckets, sum, count }: Durations): Sample[] => [
  ...BOUNDS.map((bound, index) => ({
    ending: '_bucket' as const,
    labels: { ...labels, le: String(bound) },
    value: buckets[index] ?? 0,
  })),
  { ending: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
  { ending: '_sum', labels, value: sum },
  { ending: '_count', labels, value: count },
];
