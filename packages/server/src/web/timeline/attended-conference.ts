/** A conference as its rows and its chronicle tell of it: who was in, what was published, and what of it was lost, off, silenced or spoken. */
import type { MemberId, PubStreamId } from '@callreel/contract/ids.ts';
import type { ChronicleNote } from '../../store/chronicles.ts';
import type { MemberRow, PublicationRow } from '../../store/rows.ts';
import { Lane } from './lane.ts';

export type MemberLane = Lane<'lost' | 'muted' | 'spoke'>;
export type PublicationLane = Lane<'lost' | 'audioOff' | 'videoOff'>;

export type AttendedConference = {
  /** In the order of joining. */
  members: { row: MemberRow; lane: MemberLane }[];
  /** In the order of their begin. */
  publications: { row: PublicationRow; lane: PublicationLane }[];
};

export type Attendance = {
  /** The first join. */
  beganAt: Date;
  members: readonly MemberRow[];
  publications: readonly PublicationRow[];
  notes: readonly ChronicleNote[];
};

/** Rows tell by the wall clock; where a note tells the same by conference time, which no one sets, it has the last word. */
export const attendedConference = ({ beganAt, members, publications, notes }: Attendance): AttendedConference => {
  const msOf = (at: Date): number => at.getTime() - beganAt.getTime();
  const laneOf = (from: Date, to: Date | null) => new Lane<never>(msOf(from), to === null ? undefined : msOf(to));
  const attended: AttendedConference = {
    members: members.map((row) => ({ row, lane: laneOf(row.joinedAt, row.leftAt) })),
    publications: publications.map((row) => ({ row, lane: laneOf(row.startedAt, row.endedAt) })),
  };
  const memberLanes = new Map(attended.members.map(({ row, lane }) => [row.id, lane]));
  const publicationLanes = new Map(attended.publications.map(({ row, lane }) => [row.id, lane]));
  for (const note of notes) applyNote(note, memberLanes, publicationLanes);
  return attended;
};

const applyNote = (
  note: ChronicleNote,
  members: ReadonlyMap<MemberId, MemberLane>,
  publications: ReadonlyMap<PubStreamId, PublicationLane>,
): void => {
  if ('memberId' in note) {
    const lane = members.get(note.memberId);
    if (lane) applyToMember(note, lane);
  } else {
    const lane = publications.get(note.pubStreamId);
    if (lane) applyToPublication(note, lane);
  }
};

const applyToMember = (note: Extract<ChronicleNote, { memberId: MemberId }>, lane: MemberLane): void => {
  const { atMs } = note;
  switch (note.kind) {
    case 'memberJoined':
      lane.startMs = atMs;
      return;
    case 'memberLeft':
      lane.endMs = atMs;
      return;
    case 'memberLost':
    case 'memberBack':
      lane.set('lost', note.kind === 'memberLost', atMs);
      return;
    case 'memberMuted':
      lane.set('muted', note.muted, atMs);
      return;
    case 'memberSpoke':
      lane.add('spoke', note.fromMs, atMs);
      return;
  }
};

const applyToPublication = (
  note: Extract<ChronicleNote, { pubStreamId: PubStreamId }>,
  lane: PublicationLane,
): void => {
  const { atMs } = note;
  switch (note.kind) {
    case 'publicationAdded':
      lane.startMs = atMs;
      return;
    case 'publicationLost':
    case 'publicationResumed':
      lane.set('lost', note.kind === 'publicationLost', atMs);
      return;
    case 'publicationMuted':
      lane.set('audioOff', note.audioOff, atMs);
      lane.set('videoOff', note.videoOff, atMs);
      return;
    // One that was lost for good ended when it was lost, not when its hold was over.
    case 'publicationEnded':
      lane.endMs = lane.since('lost') ?? atMs;
      return;
  }
};
