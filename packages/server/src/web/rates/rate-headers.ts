/** What a client is told of the rate that holds for it. */
import type { Allowance, Verdict } from './allowances.ts';

const wholeSeconds = (ms: number): number => Math.ceil(ms / 1000);

/**
 * Two forms, since there is no RFC yet: the three fields of draft-ietf-httpapi-ratelimit-headers up to 06, which most clients and
 * libraries know, and the two that took their place since (here as in draft 10).
 */
export const rateHeaders = (name: string, { perSecond, burst }: Allowance, verdict: Verdict) => {
  const windowSeconds = Math.max(1, Math.round(burst / perSecond));
  const resetSeconds = wholeSeconds(verdict.fullMs);
  return {
    'ratelimit-limit': String(burst),
    'ratelimit-remaining': String(verdict.remaining),
    'ratelimit-reset': String(resetSeconds),
    'ratelimit-policy': `"${name}";q=${burst};w=${windowSeconds}`,
    ratelimit: `"${name}";r=${verdict.remaining};t=${resetSeconds}`,
  };
};

/** At least a second: that is the smallest time there is to say. */
export const retryAfterSeconds = (waitMs: number): number => Math.max(1, wholeSeconds(waitMs));
