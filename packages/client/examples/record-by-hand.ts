/** Buttons for whoever is an admin: recording is paused, goes on, is stopped and started; everybody sees how it stands. */
import type { Membership } from '@callreel/client';

const WORDS = { recording: 'recording', paused: 'recording is paused', stopped: 'not recorded' };

/** `onFailed` is told why something was refused: a ClientError, which says what to do. */
export const controlRecording = (
  membership: Membership,
  place: HTMLElement,
  onFailed: (error: unknown) => void,
): void => {
  const state = document.createElement('p');
  const show = (): void => {
    state.textContent = WORDS[membership.recordingState];
  };
  place.append(state);
  membership.on('state', show);
  show();
  if (membership.role !== 'admin') return;
  const addButton = (label: string, press: () => Promise<void>): void => {
    const button = document.createElement('button');
    button.textContent = label;
    button.onclick = () => void press().catch(onFailed);
    place.append(button);
  };
  addButton('Pause', () => membership.pauseRecording());
  addButton('Resume', () => membership.resumeRecording());
  addButton('Stop', () => membership.stopRecording());
  addButton('Start', () => membership.startRecording());
};
