import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberId, PubStreamId, UserName } from '@callreel/contract/ids.ts';
import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import type { RecordingTimeline, Stretch } from '@callreel/contract/timeline.ts';
import fc from 'fast-check';
import { conferenceRow, memberRow, newRecording } from '../../../../../tests/support/store-rows.ts';
import type { ChronicleNote } from '../../store/chronicles.ts';
import type { AppRecord, MemberRow, PublicationRow, RecordingRow } from '../../store/rows.ts';
import { recordingTimeline } from './recording-timeline.ts';

const beganAt = new Date('2026-02-21T09:00:00Z');
const at = (ms: number): Date => new Date(beganAt.getTime() + ms);
const app = { org: 'acme', name: 'calls' } as AppRecord;
const conference = conferenceRow(1);

const member = (ordinal: number, joinedMs: number, leftMs: number | null): MemberRow =>
  memberRow(conference, ordinal, { joinedAt: at(joinedMs), leftAt: leftMs === null ? null : at(leftMs) });
const ann = member(1, 0, 60_000);
const bob = member(2, 10_000, 40_000);
const late = member(3, 50_000, null);

const publication = (id: string, of: MemberRow, startMs: number, endMs: number | null): PublicationRow => ({
  ...{ id: id as PubStreamId, confrId: conference.id, memberId: of.id, kind: 'av' },
  ...{ startedAt: at(startMs), endedAt: endMs === null ? null : at(endMs) },
});
const annsCamera = publication('a', ann, 2000, 58_000);
const bobsCamera = publication('b', bob, 12_000, 40_000);

const recording = (id: number, pubStreamId: PubStreamId | null, startMs: number, endMs: number): RecordingRow => ({
  ...newRecording(conference, { recordType: pubStreamId === null ? 'MERGE_ALL' : 'ONLY_REC_ONE_AV' }),
  ...{ id, pubStreamId, facts: { startMs, endMs }, durationMs: endMs - startMs, confrBeginTime: beganAt },
  ...{ confrType: 'COMMUNICATION', confrEndTime: at(60_000), recordTime: at(61_000), expireTime: at(1e9) },
});
const annsFile = recording(7, annsCamera.id, 2500, 58_000);
const bobsFile = recording(8, bobsCamera.id, 12_500.4, 40_000);
const merged = recording(9, null, 2500, 58_000);

const report = (startMs: number): RecordingReport => ({
  ...{ verdict: 'gaps', reasons: ['mediaMissing'], countedUpToMs: 1 },
  gaps: [{ track: 'audio', cause: 'loss', startMs, lengthMs: 20, endMs: startMs + 20, count: 1 }],
});

const timeline = (of: RecordingRow, notes: ChronicleNote[] = []): RecordingTimeline =>
  recordingTimeline({
    ...{ app, recording: of, notes, members: [ann, bob, late], publications: [annsCamera, bobsCamera] },
    recordings: [annsFile, bobsFile, merged],
    reports: new Map([
      [7, report(100)],
      [8, report(5)],
    ]),
  });

test('who was there while a file was made, and what was published, from the rows alone', () => {
  const { id, durationMs, members } = timeline(bobsFile);
  assert.deepEqual([id, durationMs], [8, 27_499.6]);
  assert.deepEqual(
    members.map(({ userName, startMs, endMs }) => [userName, startMs, endMs]),
    [
      ['acme#calls_user1', 0, 27_500],
      ['acme#calls_user2', 0, 27_500],
    ],
    'the late one came after the end of the file',
  );
  assert.deepEqual(
    members.map(({ publications }) => publications.map(({ recordings, gaps }) => [recordings[0]?.id, gaps?.length])),
    [[[7, undefined]], [[8, 1]]],
    'gaps are those of what this file is made of',
  );
});

test('a merged file has the gaps of all its sources, in its own times', () => {
  const gaps = timeline(merged).members.flatMap(({ publications }) => publications.map(({ gaps }) => gaps?.[0]));
  assert.deepEqual(
    gaps.map((gap) => [gap?.startMs, gap?.endMs]),
    [
      [100, 120],
      [10_005, 10_025],
    ],
  );
});

test('a publication whose recording was stopped and started by hand has several, with the gaps of each', () => {
  const second = recording(10, bobsCamera.id, 35_000, 39_000);
  const first = { ...bobsFile, durationMs: 17_499.6 };
  const told = (of: RecordingRow) =>
    recordingTimeline({
      ...{ app, recording: of, notes: [], members: [ann, bob], publications: [bobsCamera] },
      recordings: [first, second],
      reports: new Map([first, second].map(({ id }) => [id, report(5)])),
    }).members[1]?.publications.map(({ recordings, gaps }) => [recordings, gaps?.map(({ startMs }) => startMs)]);
  const inMerged = [
    { id: 8, startMs: 10_000, endMs: 27_500 },
    { id: 10, startMs: 32_500, endMs: 36_500 },
  ];
  assert.deepEqual(told(merged), [[inMerged, [10_005, 32_505]]]);
  assert.deepEqual(told(second), [[[{ id: 10, startMs: 0, endMs: 4000 }], [5]]], 'the other is of another time');
});

test('mutes, losses and speech lie where they were; what was open at the end goes to the end', () => {
  const { members } = timeline(annsFile, [
    { atMs: 1000, kind: 'memberSpoke', memberId: ann.id, fromMs: 0 },
    { atMs: 9000, kind: 'memberSpoke', memberId: ann.id, fromMs: 2000 },
    { atMs: 20_000, kind: 'publicationMuted', pubStreamId: annsCamera.id, audioOff: true, videoOff: false },
    { atMs: 30_000, kind: 'publicationLost', pubStreamId: bobsCamera.id },
    { atMs: 32_000, kind: 'publicationResumed', pubStreamId: bobsCamera.id },
    { atMs: 33_000, kind: 'memberLost', memberId: bob.id },
    { atMs: 34_000, kind: 'memberBack', memberId: bob.id },
    { atMs: 36_000, kind: 'memberMuted', memberId: bob.id, muted: true },
  ]);
  const [first, second] = members;
  assert.deepEqual(first?.spoke, [{ startMs: 0, endMs: 6500 }]);
  assert.deepEqual(first?.publications[0]?.audioOff, [{ startMs: 17_500, endMs: 55_500 }]);
  assert.deepEqual(first?.publications[0]?.videoOff, []);
  assert.deepEqual(second?.publications[0]?.lost, [{ startMs: 27_500, endMs: 29_500 }]);
  assert.deepEqual(second?.lost, [{ startMs: 30_500, endMs: 31_500 }]);
  assert.deepEqual(second?.muted, [{ startMs: 33_500, endMs: 37_500 }], 'until he left');
});

test('what was noted by conference time has the last word over a wall clock that was set', () => {
  const hour = 3_600_000;
  const { members } = recordingTimeline({
    ...{ app, recording: annsFile, recordings: [], reports: new Map() },
    members: [member(1, 0, 60_000 - hour)],
    publications: [publication('a', ann, 2000 - hour, 58_000 - hour)].map((row) => ({ ...row, memberId: ann.id })),
    notes: [
      { atMs: 0, kind: 'memberJoined', memberId: ann.id },
      { atMs: 2000, kind: 'publicationAdded', pubStreamId: annsCamera.id },
      { atMs: 58_000, kind: 'publicationEnded', pubStreamId: annsCamera.id },
      { atMs: 60_000, kind: 'memberLeft', memberId: ann.id },
    ],
  });
  assert.deepEqual(
    members.map(({ startMs, endMs, publications }) => [startMs, endMs, publications.length]),
    [[0, 55_500, 1]],
  );
});

test('a publication that was lost for good ended when it was lost, not when its hold was over', () => {
  const { members } = timeline(annsFile, [
    { atMs: 30_000, kind: 'publicationLost', pubStreamId: bobsCamera.id },
    { atMs: 75_000, kind: 'publicationEnded', pubStreamId: bobsCamera.id },
  ]);
  const [camera] = members[1]?.publications ?? [];
  assert.deepEqual([camera?.endMs, camera?.lost], [27_500, []]);
});

test('a note that was written twice is told once', () => {
  const spoke: ChronicleNote = { atMs: 9000, kind: 'memberSpoke', memberId: ann.id, fromMs: 4000 };
  assert.deepEqual(timeline(annsFile, [spoke, spoke]).members[0]?.spoke, [{ startMs: 1500, endMs: 6500 }]);
});

test('whatever was noted: all of it lies in the file, in order, apart, and within what it is of', () => {
  const atMs = fc.integer({ min: 0, max: 70_000 });
  const memberId = fc.constantFrom<MemberId>(ann.id, bob.id, late.id, 'nobody' as MemberId);
  const pubStreamId = fc.constantFrom<PubStreamId>(annsCamera.id, bobsCamera.id, 'none' as PubStreamId);
  const memberKinds = ['memberJoined', 'memberLeft', 'memberLost', 'memberBack'] as const;
  const publicationKinds = [
    ...(['publicationAdded', 'publicationLost', 'publicationResumed', 'publicationEnded'] as const),
  ];
  const note: fc.Arbitrary<ChronicleNote> = fc.oneof(
    fc.record({ atMs, kind: fc.constantFrom(...memberKinds), memberId }),
    fc.record({ atMs, kind: fc.constant('memberMuted' as const), memberId, muted: fc.boolean() }),
    fc.record({ atMs, kind: fc.constant('memberSpoke' as const), memberId, fromMs: atMs }),
    fc.record({ atMs, kind: fc.constantFrom(...publicationKinds), pubStreamId }),
    fc.record({
      ...{ atMs, kind: fc.constant('publicationMuted' as const), pubStreamId },
      ...{ audioOff: fc.boolean(), videoOff: fc.boolean() },
    }),
  );
  const assertIn = (stretches: Stretch[], whole: Stretch): void => {
    let endMs = whole.startMs;
    for (const stretch of stretches) {
      assert.ok(stretch.startMs >= endMs && stretch.endMs >= stretch.startMs, JSON.stringify(stretches));
      endMs = stretch.endMs;
    }
    assert.ok(endMs <= whole.endMs, JSON.stringify({ stretches, whole }));
  };
  fc.assert(
    fc.property(fc.array(note, { maxLength: 40 }), fc.constantFrom(annsFile, bobsFile, merged), (notes, of) => {
      const { durationMs, members } = timeline(of, notes);
      for (const each of members) {
        assertIn([each], { startMs: 0, endMs: Math.round(durationMs) });
        for (const stretches of [each.lost, each.muted, each.spoke]) assertIn(stretches, each);
        for (const own of each.publications) {
          assertIn([own], { startMs: 0, endMs: Math.round(durationMs) });
          for (const stretches of [own.lost, own.audioOff, own.videoOff]) assertIn(stretches, own);
        }
      }
    }),
  );
});

test('a user name is told as everywhere else', () => {
  const named = { ...ann, userName: 'zoë' as UserName };
  const { members } = recordingTimeline({
    ...{ app, recording: annsFile, recordings: [], reports: new Map(), publications: [], notes: [] },
    members: [named],
  });
  assert.equal(members[0]?.userName, 'acme#calls_zoë');
});
