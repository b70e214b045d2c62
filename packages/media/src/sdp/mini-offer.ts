/**
 * The offer that the WebRTC library is given in place of the publisher's: one m-line, so that it hands every packet of the
 * connection to one track and leaves codecs, streams and RTCP to us.
 */
import type { ConnectionParameters } from './connection-parameters.ts';

/** With `active` the library answers `passive`, which gave AES-256-GCM for SRTP. A peer that is to be connected to stays so. */
const roleOf = ({ setup }: ConnectionParameters): 'active' | 'passive' => (setup === 'passive' ? 'passive' : 'active');

/**
 * The publisher's candidates are left out: they would aim our checks at any host it names. Its own checks tell where it is.
 */
export const buildMiniOffer = (connection: ConnectionParameters): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    // The codec is of no matter: no packet is looked at.
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    `a=ice-ufrag:${connection.iceUfrag}`,
    `a=ice-pwd:${connection.icePwd}`,
    `a=fingerprint:${connection.fingerprint}`,
    `a=setup:${roleOf(connection)}`,
    '',
  ].join('\r\n');
