/** The pages that are asked for: windows of time before, inside and after the data, narrow and wide, from ids in and out of them. */
import type { AppRecord, SpanRow } from '@callreel/server/store/rows.ts';
import type { ListDatabase } from './list-database.ts';
import { FIRST_MS, STEP_MS } from './rows.ts';

export type PageRequest = { name: string; begin: Date; end: Date; startId: number };
export type SpanCall = 'all' | 'merged';

export const PAGE = 100;
const HOUR_MS = 3600 * 1000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** `rows`: all tenants' together; `tenantRows`: of the one that asks. */
export const pagesIn = (rows: number, tenantRows: number): PageRequest[] => {
  const lastMs = FIRST_MS + rows * STEP_MS;
  const middleMs = (FIRST_MS + lastMs) / 2;
  const page = (name: string, beginMs: number, endMs: number, startId = 0): PageRequest => ({
    ...{ name, startId },
    begin: new Date(beginMs),
    end: new Date(endMs),
  });
  const [early, late] = [FIRST_MS - YEAR_MS, lastMs + YEAR_MS];
  const middleId = Math.floor(tenantRows / 2);
  return [
    page('before the data', early, FIRST_MS - HOUR_MS),
    page('from before into its first 2 h', early, FIRST_MS + 2 * HOUR_MS),
    page('all of it, first page', early, late),
    page('all of it, from the middle id', early, late, middleId),
    page('all of it, last page', early, late, Math.max(0, tenantRows - PAGE)),
    page('all of it, behind the last id', early, late, tenantRows),
    page('2 h in the middle', middleMs, middleMs + 2 * HOUR_MS),
    page('2 h in the middle, from its 50th id', middleMs, middleMs + 2 * HOUR_MS, middleId + 50),
    page('2 h in the middle, from an id behind', middleMs, middleMs + 2 * HOUR_MS, tenantRows - 1),
    page('from the middle on', middleMs, late),
    page('the last 2 h', lastMs - 2 * HOUR_MS, late),
    page('after the data', lastMs + HOUR_MS, late),
  ];
};

export const ask = (
  { recordings }: ListDatabase,
  { id }: Pick<AppRecord, 'id'>,
  call: SpanCall,
  { begin, end, startId }: PageRequest,
): Promise<SpanRow[]> =>
  call === 'all'
    ? recordings.bySpan(id, begin, end, startId, PAGE)
    : recordings.mergedBySpan(id, begin, end, startId, PAGE);
