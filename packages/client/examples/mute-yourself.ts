/** Turns one's own sound off and on again; the others are told. */
import type { Membership, Publication } from '@callreel/client';

export const setMuted = (membership: Membership, camera: Publication, muted: boolean): Promise<void> =>
  membership.mute(camera, { audio: muted });
