/** What an event makes of the state of a conference: the same for the server, whose snapshots it makes, and for every client. */
import type { ConferenceEvent, ConferenceState, MemberInfo, PublicationInfo } from './events.ts';

const withMember = (state: ConferenceState, id: string, change: Partial<MemberInfo>): ConferenceState => ({
  ...state,
  members: state.members.map((member) => (member.memberId === id ? { ...member, ...change } : member)),
});

const withPublication = (state: ConferenceState, id: string, change: Partial<PublicationInfo>): ConferenceState => ({
  ...state,
  publications: state.publications.map((each) => (each.pubStreamId === id ? { ...each, ...change } : each)),
});

const withoutMember = (state: ConferenceState, id: string): ConferenceState => ({
  ...state,
  members: state.members.filter(({ memberId }) => memberId !== id),
  publications: state.publications.filter(({ memberId }) => memberId !== id),
  speaking: state.speaking.filter((memberId) => memberId !== id),
});

/** Changes nothing that it is given. */
export const applyEvent = (state: ConferenceState, event: ConferenceEvent): ConferenceState => {
  switch (event.kind) {
    case 'conferenceBegan':
      return { ...state, beganAtMs: event.beganAtMs };
    case 'memberJoined':
      return { ...state, members: [...state.members, event.member] };
    case 'memberLeft':
      return withoutMember(state, event.memberId);
    case 'memberLost':
      return withMember(state, event.memberId, { lost: true });
    case 'memberBack':
      return withMember(state, event.memberId, { lost: false });
    case 'memberMuted':
      return withMember(state, event.memberId, { muted: event.muted });
    case 'roleChanged':
      return withMember(state, event.memberId, { role: event.role });
    case 'publicationAdded':
      return { ...state, publications: [...state.publications, event.publication] };
    case 'publicationLost':
      return withPublication(state, event.pubStreamId, { lost: true });
    case 'publicationResumed':
      return withPublication(state, event.pubStreamId, { lost: false });
    case 'publicationMuted':
      return withPublication(state, event.pubStreamId, { audioOff: event.audioOff, videoOff: event.videoOff });
    case 'publicationEnded':
      return { ...state, publications: state.publications.filter((each) => each.pubStreamId !== event.pubStreamId) };
    case 'recordingChanged':
      return event.pubStreamId === null
        ? { ...state, recording: event.state }
        : withPublication(state, event.pubStreamId, { recording: event.state });
    case 'recordingEmpty':
      return state;
    case 'speaking':
      return { ...state, speaking: event.memberIds };
    case 'conferenceClosed':
      return { ...state, members: [], publications: [], speaking: [], closed: event.reason };
  }
};
