import { ClientError } from './client-error.ts';

export type CaptureChoice = { camera: boolean; microphone: boolean };

const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
/** A shared screen is mostly still: what counts is that text stays sharp. */
const SCREEN: MediaTrackConstraints = { frameRate: { ideal: 15, max: 30 } };

const mediaDevices = (): MediaDevices => {
  // The property is there on HTTPS pages and localhost alone, whatever lib.dom says.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw ClientError.insecurePage();
  return devices;
};

/** Opens what is wanted of camera and microphone. Throws ClientError. */
export const openCameraAndMicrophone = async (wanted: CaptureChoice): Promise<MediaStream> => {
  if (!wanted.camera && !wanted.microphone) throw ClientError.nothingToPublish();
  const devices = mediaDevices();
  try {
    return await devices.getUserMedia({ audio: wanted.microphone, video: wanted.camera ? CAMERA : false });
  } catch (cause) {
    throw ClientError.capture(cause);
  }
};

/** Asks for a screen, a window or a tab, with its sound where the browser offers that. Throws ClientError. */
export const openScreen = async (): Promise<MediaStream> => {
  const devices = mediaDevices();
  try {
    const stream = await devices.getDisplayMedia({ video: SCREEN, audio: true });
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail';
    return stream;
  } catch (cause) {
    throw ClientError.screen(cause);
  }
};

/** Lets go of camera, microphone or screen. */
export const closeCapture = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop();
};
