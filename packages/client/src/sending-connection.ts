import type { VideoCodecName } from '@callreel/contract/conference.ts';
import { ClientError } from './client-error.ts';
import { keepFullSize } from './full-size-picture.ts';

/** Without STUN or TURN gathering takes some ten milliseconds; a stuck interface must not hold the call up. */
const GATHERING_LIMIT_MS = 1_000;

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
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  for (const track of tracks) {
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (track.kind !== 'video') continue;
    keepFullSize(connection, transceiver.sender);
    if (codec !== undefined) preferVideoCodec(transceiver, codec);
  }
  return connection;
};

/** Makes the offer and waits for its candidates. */
export const makeOffer = async (connection: RTCPeerConnection): Promise<string> => {
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection);
  return connection.localDescription?.sdp ?? '';
};

const gathered = (connection: RTCPeerConnection): Promise<void> =>
  new Promise((resolve) => {
    if (connection.iceGatheringState === 'complete') resolve();
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve();
    });
    setTimeout(resolve, GATHERING_LIMIT_MS);
  });
