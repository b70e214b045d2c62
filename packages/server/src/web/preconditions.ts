/** What of a file a client has already (RFC 9110, section 13). */
import type { IncomingHttpHeaders } from 'node:http';

export type Validators = {
  /** Strong, with its quotes. */
  etag: string;
  /** Whole seconds, in milliseconds since 1970. */
  modifiedMs: number;
};

const tagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));

const dateIn = (header: string): number => Date.parse(header);

/** Whether the client's copy is current: 304. `If-None-Match` counts before `If-Modified-Since` (section 13.2.2). */
export const isNotModified = (headers: IncomingHttpHeaders, { etag, modifiedMs }: Validators): boolean => {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || tagsIn(tags).includes(etag);
  const since = headers['if-modified-since'];
  return since !== undefined && modifiedMs <= dateIn(since);
};

/** Whether a range may be answered in part. A weak tag or another date means that the client holds another file (section 13.1.5). */
export const mayAnswerPart = (headers: IncomingHttpHeaders, { etag, modifiedMs }: Validators): boolean => {
  const condition = headers['if-range'];
  const given = Array.isArray(condition) ? condition[0] : condition;
  if (given === undefined) return true;
  return /^(W\/)?"/.test(given) ? given === etag : dateIn(given) === modifiedMs;
};
