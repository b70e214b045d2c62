/** Keeps a list of who is in, who speaks and whether it is recorded. */
import type { Membership } from '@callreel/client';

export const listMembers = (membership: Membership, place: HTMLElement): void => {
  const show = (): void => {
    const { members, speaking } = membership.state;
    const lines = members.map(({ memberId, userName }) => `${userName}${speaking.includes(memberId) ? ' speaks' : ''}`);
    place.textContent = [`${membership.recordingState}:`, ...lines].join('\n');
  };
  show();
  membership.on('state', show);
  membership.on('connected', (connected) => place.classList.toggle('waiting', !connected));
  membership.on('ended', (reason) => place.replaceChildren(`You are out: ${reason}`));
};
