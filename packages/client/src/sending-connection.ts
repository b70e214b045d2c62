import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { ClientError } from './client-error.ts';
import { keepFullSize } from './full-size-picture.ts';

const CONFIGURATION: RTCConfiguration = { bundlePolicy: 'max-bundle' };

/** Restricts what is offered to one codec and the retransmissions of it. */
const preferVideoCodec = (transceiver: RTCRtpTransceiver, codec: VideoCodecName): void => {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const named = (name: string) => codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${name}`);
  const wanted = named(codec.toLowerCase());
  if (wanted.length === 0) throw ClientError.codecUnsupported(codec);
  transceiver.setCodecPreferences([...wanted, ...named('rtx')]);
};

/** A connection that will send every track of a stream, sound first. */
export const connectionFor = (stream: MediaStream, codec: VideoCodecName | undefined): RTCPeerConnection => {
  const tracks = [...stream.getAudioTracks(), ...stream.getVideoTracks()];
  if (tracks.length === 0) throw ClientError.nothingToPublish();
  const connection = new RTCPeerConnection(CONFIGURATION);
  for (const track of tracks) {
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (track.kind !== 'video') continue;
    keepFullSize(connection, transceiver.sender);
    if (codec !== undefined) preferVideoCodec(transceiver, codec);
  }
  return connection;
};

export type Negotiated = { offer: RTCSessionDescriptionInit; answer: string; iceServers: RTCIceServer[] };

/**
 * Only now are candidates gathered, with the servers that came with the answer: those set after `setLocalDescription` would wait for
 * the next gathering, and there is none. The service needs no candidate in the offer; it learns where we are from our checks.
 */
export const startConnecting = async (
  connection: RTCPeerConnection,
  { offer, answer, iceServers }: Negotiated,
): Promise<void> => {
  if (iceServers.length > 0) connection.setConfiguration({ ...CONFIGURATION, iceServers });
  await connection.setLocalDescription(offer);
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
};
