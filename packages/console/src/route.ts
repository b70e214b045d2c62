/** The addresses of the page, behind the `#`, so that none of them reaches the service. */
export type Route = { view: 'call' } | { view: 'join'; org: string; app: string; confrId: string } | { view: 'files' };

export const parseRoute = (hash: string): Route => {
  const [view, ...rest] = hash.replace(/^#\/?/, '').split('/').map(decode);
  const [org, app, confrId] = rest;
  if (view === 'files') return { view };
  if (view === 'join' && org && app && confrId) return { view, org, app, confrId };
  return { view: 'call' };
};

export const inviteLink = (origin: string, org: string, app: string, confrId: string): string =>
  `${origin}/#/join/${[org, app, confrId].map(encodeURIComponent).join('/')}`;

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
};
