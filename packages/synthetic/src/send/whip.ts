import { CallerError } from './caller-error.ts';

/** A publication as WHIP (RFC 9725) names it. */
export type WhipResource = { url: string; token: string };

const authorization = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Posts an offer; yields the answer and the resource that ends the publication. Throws CallerError.refused. */
export const postOffer = async (
  whipUrl: string,
  token: string,
  offer: string,
): Promise<{ answer: string; resource: WhipResource }> => {
  const response = await fetch(whipUrl, {
    method: 'POST',
    headers: { ...authorization(token), 'content-type': 'application/sdp' },
    body: offer,
  });
  const answer = await response.text();
  const location = response.headers.get('location');
  if (response.status !== 201) throw CallerError.refused('POST', response.status, answer);
  if (location === null) throw CallerError.refused('POST', response.status, 'no Location header');
  return { answer, resource: { url: new URL(location, whipUrl).href, token } };
};

/** Ends a publication. Throws CallerError.refused. */
export const deleteResource = async (resource: WhipResource): Promise<void> => {
  const response = await fetch(resource.url, { method: 'DELETE', headers: authorization(resource.token) });
  const body = await response.text();
  if (!response.ok) throw CallerError.refused('DELETE', response.status, body);
};
