/**
 * The service gives out URLs under one configured name, but it may have been reached by another (`localhost` for `127.0.0.1`, an inner
 * host name). Any node answers for every call and file, so the page asks its own origin: no CORS, and the page's security policy holds.
 */
export const atThisOrigin = (url: string): string => {
  const { pathname, search } = new URL(url, location.href);
  return `${location.origin}${pathname}${search}`;
};
