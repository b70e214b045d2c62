import type { ConferenceEvent, ConferenceState } from '@callreel/contract/events.ts';

/**
 * Who came and went, and what was published and ended, between two states whose events in between are not known: the service was started
 * anew, or it was too long ago. Whoever goes by events alone then has all the same who and what there is.
 */
export const missedEvents = (before: ConferenceState, after: ConferenceState): ConferenceEvent[] => {
  const [oldMembers, members] = [before, after].map((state) => new Set(state.members.map(({ memberId }) => memberId)));
  const [oldStreams, streams] = [before, after].map(
    (state) => new Set(state.publications.map(({ pubStreamId }) => pubStreamId)),
  );
  const ended = before.publications.filter(({ pubStreamId }) => !streams?.has(pubStreamId));
  const left = before.members.filter(({ memberId }) => !members?.has(memberId));
  const joined = after.members.filter(({ memberId }) => !oldMembers?.has(memberId));
  const added = after.publications.filter(({ pubStreamId }) => !oldStreams?.has(pubStreamId));
  return [
    ...ended.map(
      ({ pubStreamId, memberId }) =>
        ({ kind: 'publicationEnded', pubStreamId, memberId, reason: 'serverStopped', publishAnew: true }) as const,
    ),
    ...left.map(({ memberId }) => ({ kind: 'memberLeft', memberId, reason: 'connectionLost' }) as const),
    ...joined.map((member) => ({ kind: 'memberJoined', member }) as const),
    ...added.map((publication) => ({ kind: 'publicationAdded', publication }) as const),
  ];
};
