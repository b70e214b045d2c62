/** What may happen in the world. Whom it happens to is a number: mostly one of those who are there, at times one who is long gone. */
import type { PublicationKind, Role } from '@callreel/contract/conference.ts';
import { RECORDING_ACTIONS, type RecordingAction } from '@callreel/contract/recording-control.ts';
import fc from 'fast-check';
import type { Outage } from './guarded-store.ts';

export type Action =
  | { kind: 'create'; rec: boolean; small: boolean }
  | { kind: 'join'; conference: number; user: number; role: Role; asUser: boolean }
  | { kind: 'leave'; member: number }
  | { kind: 'kick'; conference: number; user: number }
  | { kind: 'change'; member: number; role: Role; mute: boolean }
  | { kind: 'publish'; member: number; as: PublicationKind; legal: boolean }
  | { kind: 'unpublish' | 'lose' | 'connect' | 'resume'; publication: number }
  /** By hand: of a conference, or of one publication. */
  | { kind: 'record'; conference: number; action: RecordingAction }
  | { kind: 'recordOne'; publication: number; action: RecordingAction }
  /** A recording ends by itself, as on a broken disk. */
  | { kind: 'failRecording'; publication: number }
  /** The event socket of a member. */
  | { kind: 'attach' | 'detach'; member: number }
  /** By another process: it tells nobody. */
  | { kind: 'revoke'; member: number }
  | { kind: 'revokeUser' | 'deleteUser'; user: number }
  | { kind: 'dissolve'; conference: number }
  | { kind: 'die'; process: number }
  | { kind: 'breakDown'; outage: Outage; afterCalls: number }
  | { kind: 'mend' };

export type Happening =
  /** At the same moment. */
  | { kind: 'burst'; actions: Action[] }
  | { kind: 'leap'; byMs: number }
  | { kind: 'restart' }
  /** While these are under way, after so many turns of the event loop. */
  | { kind: 'kill'; actions: Action[]; afterTurns: number };

/** From this on, of all there ever were. */
export const OF_ALL = 18;
const pick = fc.nat({ max: 20 });
const order = fc.constantFrom<RecordingAction>(...RECORDING_ACTIONS);
const role = fc.constantFrom<Role>('talker', 'talker', 'admin', 'audience');

const weighted: [number, fc.Arbitrary<Action>][] = [
  [1, fc.record({ kind: fc.constant('create' as const), rec: fc.boolean(), small: fc.boolean() })],
  [6, fc.record({ kind: fc.constant('join' as const), conference: pick, user: pick, role, asUser: fc.boolean() })],
  [2, fc.record({ kind: fc.constant('leave' as const), member: pick })],
  [1, fc.record({ kind: fc.constant('kick' as const), conference: pick, user: pick })],
  [2, fc.record({ kind: fc.constant('change' as const), member: pick, role, mute: fc.boolean() })],
  [
    7,
    fc.record({
      kind: fc.constant('publish' as const),
      member: pick,
      as: fc.constantFrom<PublicationKind>('av', 'desktop'),
      legal: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  ],
  [2, fc.record({ kind: fc.constant('unpublish' as const), publication: pick })],
  [5, fc.record({ kind: fc.constant('lose' as const), publication: pick })],
  [2, fc.record({ kind: fc.constant('connect' as const), publication: pick })],
  [4, fc.record({ kind: fc.constant('resume' as const), publication: pick })],
  [2, fc.record({ kind: fc.constant('record' as const), conference: pick, action: order })],
  [2, fc.record({ kind: fc.constant('recordOne' as const), publication: pick, action: order })],
  [1, fc.record({ kind: fc.constant('failRecording' as const), publication: pick })],
  [4, fc.record({ kind: fc.constantFrom('attach', 'detach'), member: pick })],
  [1, fc.record({ kind: fc.constant('revoke' as const), member: pick })],
  [1, fc.record({ kind: fc.constantFrom('revokeUser', 'deleteUser'), user: pick })],
  [1, fc.record({ kind: fc.constant('dissolve' as const), conference: pick })],
  [2, fc.record({ kind: fc.constant('die' as const), process: pick })],
  [
    1,
    fc.record({
      kind: fc.constant('breakDown' as const),
      outage: fc.constantFrom<Outage>('away', 'late'),
      afterCalls: fc.nat({ max: 6 }),
    }),
  ],
  [2, fc.record({ kind: fc.constant('mend' as const) })],
];

const action: fc.Arbitrary<Action> = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** Around the hold's 45 s, the delay of a conference, the second within which revocations count. */
const leapMs = fc.constantFrom(100, 600, 1000, 5000, 20_000, 44_000, 45_000, 121_000);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      actions: fc.array(action, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('leap' as const), byMs: leapMs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('kill' as const),
      actions: fc.array(action, { maxLength: 4 }),
      afterTurns: fc.nat({ max: 30 }),
    }),
  },
);

/** A history of the world. */
export const happenings: fc.Arbitrary<Happening[]> = fc.array(happening, {
  ...{ minLength: 1, maxLength: 40, size: 'max' as const },
});
