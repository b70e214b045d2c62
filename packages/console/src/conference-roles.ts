import type { Role } from '@callreel/contract/conference.ts';

export type { ConferenceWithMembers } from '@callreel/contract/conference.ts';

/** The roles by their number on the wire. The contract's own table lies beside schemas that are of no use in a browser. */
export const ROLE_NAMES: Readonly<Record<number, Role>> = { 1: 'audience', 3: 'talker', 7: 'admin' };
