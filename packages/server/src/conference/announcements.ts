/** What the others are told: a conference as its followers see it, and the events that a step of its life amounts to. */
import type { ConferenceEvent, ConferenceState, MemberInfo, PublicationInfo } from '@callreel/contract/events.ts';
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import type { ConferenceLife, Effect, EndReason, MemberLife, PublicationLife, Step } from './life.ts';
import type { LiveConference } from './live-conference.ts';

/** As it is now. What the events before add up to is the same. */
export const stateOf = (conference: LiveConference): ConferenceState => ({
  confrId: conference.id,
  beganAtMs: conference.life.phase === 'waiting' ? null : (conference.began?.wallMs ?? null),
  recording: conference.recording,
  members: [...conference.life.members].flatMap(([id, life]) => memberInfo(conference, id, life) ?? []),
  publications: [...conference.publications.keys()].flatMap((id) => {
    const life = lifeOf(conference.life, id);
    return (life && publicationInfo(conference, id, life)) ?? [];
  }),
  speaking: [],
  closed: null,
});

/** The events of a step that is made of `before`. Whoever is out by it must still be in the conference's maps. */
export const eventsOf = (conference: LiveConference, before: ConferenceLife, step: Step): ConferenceEvent[] => {
  const end = step.effects.find((effect) => effect.kind === 'endConference');
  if (end && (ENDS_ALL.has(end.reason) || before.isPair)) return [closed(end.reason)];
  return [
    ...step.effects.flatMap((effect) => endEvents(conference, effect)),
    ...changes(conference, before, step.life),
    ...(end ? [closed(end.reason)] : []),
  ];
};

/** They end all at once: hundreds of departures need not be told to hundreds. */
const ENDS_ALL: ReadonlySet<EndReason> = new Set(['dissolved', 'expired', 'nobodyCame']);

const closed = (reason: EndReason): ConferenceEvent => ({ kind: 'conferenceClosed', reason });

const endEvents = (conference: LiveConference, effect: Effect): ConferenceEvent[] => {
  if (effect.kind === 'endMember') return [{ kind: 'memberLeft', memberId: effect.memberId, reason: effect.reason }];
  if (effect.kind !== 'endPublication') return [];
  const { id: pubStreamId, reason } = effect;
  const memberId = conference.publications.get(pubStreamId)?.memberId ?? '';
  return [{ kind: 'publicationEnded', pubStreamId, memberId, reason, publishAnew: reason === 'mediaProcessDied' }];
};

const changes = (conference: LiveConference, before: ConferenceLife, after: ConferenceLife): ConferenceEvent[] => {
  const events: ConferenceEvent[] = [];
  if (before.phase === 'waiting' && after.phase === 'running') {
    events.push({ kind: 'conferenceBegan', beganAtMs: conference.began?.wallMs ?? 0 });
  }
  for (const [memberId, member] of after.members) {
    const earlier = before.members.get(memberId);
    if (earlier === member) continue;
    events.push(...memberChanges(conference, memberId, earlier, member));
  }
  return events;
};

const memberChanges = (
  conference: LiveConference,
  memberId: MemberId,
  before: MemberLife | undefined,
  after: MemberLife,
): ConferenceEvent[] => {
  if (before === undefined) {
    const member = memberInfo(conference, memberId, after);
    return member ? [{ kind: 'memberJoined', member }] : [];
  }
  const events: ConferenceEvent[] = [];
  if (before.role !== after.role) events.push({ kind: 'roleChanged', memberId, role: after.role });
  if (isHeld(before) !== isHeld(after)) events.push({ kind: isHeld(after) ? 'memberLost' : 'memberBack', memberId });
  for (const [id, publication] of after.publications) {
    events.push(...publicationChanges(conference, id, before.publications.get(id), publication));
  }
  return events;
};

const isHeld = ({ hold }: MemberLife): boolean => hold !== undefined;

const publicationChanges = (
  conference: LiveConference,
  pubStreamId: PubStreamId,
  before: PublicationLife | undefined,
  after: PublicationLife,
): ConferenceEvent[] => {
  if (before === undefined) {
    const publication = publicationInfo(conference, pubStreamId, after);
    return publication ? [{ kind: 'publicationAdded', publication }] : [];
  }
  if (before.kind === after.kind) return [];
  return [{ kind: after.kind === 'held' ? 'publicationLost' : 'publicationResumed', pubStreamId }];
};

const memberInfo = ({ members }: LiveConference, memberId: MemberId, life: MemberLife): MemberInfo | undefined => {
  const member = members.get(memberId);
  if (member === undefined) return undefined;
  const { userName, muted, nickname, ext } = member;
  return { memberId, userName, nickname, ext, role: life.role, muted, lost: isHeld(life) };
};

const publicationInfo = (
  { publications }: LiveConference,
  pubStreamId: PubStreamId,
  life: PublicationLife,
): PublicationInfo | undefined => {
  const publication = publications.get(pubStreamId);
  if (publication === undefined) return undefined;
  const { memberId, kind, audio, video, audioOff, videoOff, recording } = publication;
  return { pubStreamId, memberId, kind, audio, video, audioOff, videoOff, lost: life.kind === 'held', recording };
};

const lifeOf = ({ members }: ConferenceLife, id: PubStreamId): PublicationLife | undefined => {
  for (const { publications } of members.values()) {
    const life = publications.get(id);
    if (life !== undefined) return life;
  }
  return undefined;
};
