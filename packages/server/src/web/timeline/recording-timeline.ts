/** The timeline of a recording, single or merged: what is known of its conference, in the times of its file. */
import { type Gap, RecordingReport } from '@callreel/contract/recording-report.ts';
import type { RecordingTimeline, Stretch, TimelineMember, TimelinePublication } from '@callreel/contract/timeline.ts';
import { Value } from 'typebox/value';
import type { AppRecord, RecordingRow } from '../../store/rows.ts';
import { fullUserName } from '../names.ts';
import { type Attendance, type AttendedConference, attendedConference } from './attended-conference.ts';

export type TimelineSources = Omit<Attendance, 'beganAt'> & {
  app: AppRecord;
  recording: RecordingRow;
  /** All of its conference that are listed. */
  recordings: readonly RecordingRow[];
  /** What the store has of them, by their ids. */
  reports: ReadonlyMap<number, unknown>;
};

/** What conference time a file begins at: listing and merging wrote it. */
const startOf = ({ facts }: RecordingRow): number => (typeof facts.startMs === 'number' ? facts.startMs : 0);

export const recordingTimeline = (sources: TimelineSources): RecordingTimeline => {
  const { recording } = sources;
  const attended = attendedConference({ ...sources, beganAt: recording.confrBeginTime });
  const startMs = startOf(recording);
  const file = { startMs, endMs: startMs + recording.durationMs };
  const { id, durationMs } = recording;
  return { id, durationMs, members: membersOf(sources, attended, file) };
};

const membersOf = (sources: TimelineSources, attended: AttendedConference, file: Stretch): TimelineMember[] =>
  attended.members.flatMap(({ row, lane }) => {
    const own = lane.within(file);
    if (own === undefined) return [];
    const inFile = (state: Parameters<typeof lane.set>[0]) =>
      lane.stretchesWithin(state, own).map((stretch) => inTimesOf(file, stretch));
    return {
      ...inTimesOf(file, own),
      memberId: row.id,
      userName: fullUserName(sources.app, row.userName),
      ...{ lost: inFile('lost'), muted: inFile('muted'), spoke: inFile('spoke') },
      publications: publicationsOf(sources, attended, row.id, file),
    };
  });

const publicationsOf = (
  sources: TimelineSources,
  { publications }: AttendedConference,
  memberId: string,
  file: Stretch,
): TimelinePublication[] =>
  publications.flatMap(({ row, lane }) => {
    const own = row.memberId === memberId ? lane.within(file) : undefined;
    if (own === undefined) return [];
    const inFile = (state: Parameters<typeof lane.set>[0]) =>
      lane.stretchesWithin(state, own).map((stretch) => inTimesOf(file, stretch));
    const recordings = sources.recordings.filter(({ pubStreamId }) => pubStreamId === row.id);
    const gaps = recordings.map((each) => gapsOf(sources, each)).filter((each) => each !== undefined);
    return {
      ...inTimesOf(file, own),
      pubStreamId: row.id,
      kind: row.kind,
      recordings: recordings.flatMap((each) => recordedIn(file, each)),
      ...{ lost: inFile('lost'), audioOff: inFile('audioOff'), videoOff: inFile('videoOff') },
      ...(gaps.length > 0 && { gaps: gaps.flat() }),
    };
  });

/** As far as it is of the time of this file. */
const recordedIn = (file: Stretch, recording: RecordingRow): TimelinePublication['recordings'] => {
  const startMs = Math.max(file.startMs, startOf(recording));
  const endMs = Math.min(file.endMs, startOf(recording) + recording.durationMs);
  return startMs < endMs ? [{ id: recording.id, ...inTimesOf(file, { startMs, endMs }) }] : [];
};

/** A merged file is made of all single ones. */
const gapsOf = ({ recording, reports }: TimelineSources, source: RecordingRow): Gap[] | undefined => {
  if (recording.recordType !== 'MERGE_ALL' && recording.id !== source.id) return undefined;
  const report = reports.get(source.id);
  if (!Value.Check(RecordingReport, report)) return undefined;
  const laterMs = startOf(source) - startOf(recording);
  const moved = (ms: number): number => Math.round(ms + laterMs);
  return report.gaps.map((gap) => ({ ...gap, startMs: moved(gap.startMs), endMs: moved(gap.endMs) }));
};

const inTimesOf = ({ startMs: zeroMs }: Stretch, { startMs, endMs }: Stretch): Stretch => ({
  startMs: Math.round(startMs - zeroMs),
  endMs: Math.round(endMs - zeroMs),
});
