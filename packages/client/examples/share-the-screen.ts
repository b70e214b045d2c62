/** Shares a screen beside the camera, which makes a file of its own, and stops sharing. */
import type { Membership, Publication } from '@callreel/client';

export const shareScreen = (membership: Membership): Promise<Publication> => membership.shareScreen();

export const stopSharing = (screen: Publication): Promise<void> => screen.stop();
