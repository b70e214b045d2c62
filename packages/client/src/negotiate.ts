import { ClientError } from './client-error.ts';
import { readIceServers } from './ice-servers.ts';
import type { Resource } from './peer-link.ts';
import { request } from './request.ts';
import { startConnecting } from './sending-connection.ts';

/** Maps URLs that the service gives out to those under which this page reaches it. */
export type Locate = (url: string) => string;

export type Negotiation = {
  /** Where offers go: of WHIP (RFC 9725) or WHEP. */
  url: string;
  token: string;
  /** Without it they are taken as they are. */
  locate: Locate | undefined;
};

/** Offer out, answer in (RFC 9725 section 4.2). Closes the connection again where that fails. Throws ClientError. */
export const negotiate = async (
  connection: RTCPeerConnection,
  { url, token, locate }: Negotiation,
): Promise<Resource> => {
  try {
    const offer = await connection.createOffer();
    const response = await request(url, { method: 'POST', token, sdp: offer.sdp ?? '' });
    const location = response.headers.get('Location');
    if (location === null) throw ClientError.unexpected('the answer names no Location');
    const iceServers = readIceServers(response.headers.get('Link'));
    await startConnecting(connection, { offer, answer: await response.text(), iceServers });
    const resource = new URL(location, response.url).href;
    return { url: locate?.(resource) ?? resource, connection };
  } catch (error) {
    connection.close();
    throw error;
  }
};
