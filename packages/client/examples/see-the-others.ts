/** Shows the pictures and plays the sound of all others, from now on. A click stops a picture, which then costs nothing; the sound goes on. */
import type { Membership } from '@callreel/client';

export const showOthers = (membership: Membership, place: HTMLElement): void => {
  const show = async (pubStreamId: string): Promise<void> => {
    const subscription = await membership.subscribe(pubStreamId);
    const video = Object.assign(document.createElement('video'), {
      srcObject: subscription.stream,
      autoplay: true,
      playsInline: true,
    });
    video.id = pubStreamId;
    let isStopped = false;
    video.addEventListener('click', () => {
      isStopped = !isStopped;
      const done = isStopped ? subscription.pause({ video: true }) : subscription.resume({ video: true });
      done.catch(console.error);
    });
    place.append(video);
  };
  const others = () => membership.state.publications.filter(({ memberId }) => memberId !== membership.memberId);
  for (const { pubStreamId } of others()) show(pubStreamId).catch(console.error);
  membership.on('publicationAdded', ({ publication: { pubStreamId, memberId } }) => {
    if (memberId !== membership.memberId) show(pubStreamId).catch(console.error);
  });
  membership.on('publicationEnded', ({ pubStreamId }) => document.getElementById(pubStreamId)?.remove());
};
