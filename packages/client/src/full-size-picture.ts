/** What a sender knows of the picture that it sends. */
export type SentPicture = {
  height: number;
  /** Of the track that it is given. */
  trackHeight: number;
  targetBitsPerSecond: number;
  limitation: string;
};

/** From so many bits on libwebrtc begins 1280x720 (0.9 Mbit/s), with room; smaller and larger pictures by their number of pixels. */
const BITS_PER_PIXEL = 1_200_000 / (1280 * 720);
const LOOK_EVERY_MS = 2000;
/** A picture that shrinks again was too large for what is in it: each time it is left alone for twice as long. */
const FIRST_PAUSE_MS = 10_000;

/** It is small though its bits would do for the whole. */
export const isNeedlesslySmall = (picture: SentPicture): boolean => {
  const wholeBitsPerSecond = BITS_PER_PIXEL * picture.trackHeight ** 2 * (16 / 9);
  return (
    picture.limitation === 'bandwidth' &&
    picture.height < picture.trackHeight &&
    picture.targetBitsPerSecond >= wholeBitsPerSecond
  );
};

const look = async (sender: RTCRtpSender): Promise<SentPicture | undefined> => {
  const reports = [...(await sender.getStats()).values()];
  const sent = reports.find(({ type }) => type === 'outbound-rtp');
  const trackHeight = sender.track?.getSettings().height;
  if (sent?.frameHeight === undefined || trackHeight === undefined) return undefined;
  const { frameHeight: height, targetBitrate = 0, qualityLimitationReason: limitation = '' } = sent;
  return { height, trackHeight, targetBitsPerSecond: targetBitrate, limitation };
};

/**
 * Keeps a picture from staying small without need. libwebrtc begins it for 300 kbit/s, which is what it knows before the connection is
 * there, and later grows it by steps of 2 s (H264) to 8 s (VP8) each. Its own track given to it once more makes it look anew.
 */
export const keepFullSize = (connection: RTCPeerConnection, sender: RTCRtpSender): void => {
  let pauseMs = FIRST_PAUSE_MS;
  let notBeforeMs = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  // Refused only where the connection was closed meanwhile.
  const begin = (): unknown => sender.replaceTrack(sender.track).catch(() => {});
  const lookAgain = async (): Promise<void> => {
    if (connection.connectionState === 'closed') clearInterval(timer);
    const picture = performance.now() < notBeforeMs ? undefined : await look(sender);
    if (picture === undefined || !isNeedlesslySmall(picture)) return;
    notBeforeMs = performance.now() + pauseMs;
    pauseMs *= 2;
    begin();
  };
  connection.addEventListener('connectionstatechange', () => {
    clearInterval(timer);
    if (connection.connectionState !== 'connected') return;
    begin();
    timer = setInterval(() => void lookAgain().catch(() => {}), LOOK_EVERY_MS);
  });
};
