/** Text that the database can keep: PostgreSQL has no U+0000 in text, and no half of a surrogate pair in JSON. */

export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** JSON writes both in escapes alone: raw, the one is no JSON, and the other no UTF-8. */
const MAY_BE_WRITTEN = /\\u(?:0000|d[89a-f])/i;

/** The field of a body in which a text stands that cannot be kept, undefined where there is none. `json`: what it was parsed from. */
export const unstorableField = (json: string, body: unknown): string | undefined => {
  if (!MAY_BE_WRITTEN.test(json) || typeof body !== 'object' || body === null) return undefined;
  return Object.entries(body).find(([, value]) => holdsUnstorable(value))?.[0];
};

/** Without recursion: it may be thousands of levels deep. */
const holdsUnstorable = (value: unknown): boolean => {
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string' && !isStorable(next)) return true;
    if (typeof next === 'object' && next !== null) for (const inner of Object.values(next)) waiting.push(inner);
  }
  return false;
};
