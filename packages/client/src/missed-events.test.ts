import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEvent } from '@callreel/contract/conference-state.ts';
import type { ConferenceState } from '@callreel/contract/events.ts';
import fc from 'fast-check';
import { missedEvents } from './missed-events.ts';

const stateOf = (members: string[], owners: [string, string][]): ConferenceState => ({
  ...{ confrId: 'IM_X1C1', beganAtMs: 1, recording: 'recording', speaking: [], closed: null },
  members: members.map((memberId) => ({
    ...{ memberId, userName: memberId, nickname: null, ext: null, role: 'talker', muted: false, lost: false },
  })),
  publications: owners
    .filter(([memberId]) => members.includes(memberId))
    .map(([memberId, id]) => ({
      ...{ pubStreamId: `${memberId} ${id}`, memberId, kind: 'av', audio: 'opus', video: null },
      ...{ audioOff: false, videoOff: false, lost: false, recording: 'recording' },
    })),
});

const name = fc.constantFrom('a', 'b', 'c', 'd');
const anyState = fc
  .tuple(fc.uniqueArray(name), fc.uniqueArray(fc.tuple(name, name), { selector: String }))
  .map(([members, owners]) => stateOf(members, owners as [string, string][]));

const idsOf = ({ members, publications }: ConferenceState) => [
  members.map(({ memberId }) => memberId).sort(),
  publications.map(({ pubStreamId }) => pubStreamId).sort(),
];

test('from any state to any other, what is told adds up to who and what there is', () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const told = missedEvents(before, after).reduce(applyEvent, before);
      assert.deepEqual(idsOf(told), idsOf(after));
      assert.deepEqual(missedEvents(after, after), []);
    }),
  );
});
