/**
 * A one-to-one call from its first ring to its answer: all that may come of it, as a state machine. An event goes in; the next state
 * comes out, and what is to be done about it. Nothing here waits or looks at a clock.
 */
import type { CallEndReason } from '@callreel/contract/calls.ts';

export type RingState =
  | { kind: 'ringing' }
  /** Accepted; its conference is being made. `wanted`: nobody gave it up meanwhile. */
  | { kind: 'connecting'; wanted: boolean }
  | { kind: 'over' };

export type RingEvent =
  /** By a device of the callee; or by his own call to the caller. */
  | { kind: 'accept' }
  /** The callee declines, the caller gives up, nobody answered, one of them is not to be reached any more, the service stops. */
  | { kind: 'giveUp'; reason: Exclude<CallEndReason, 'failed'> }
  /** The conference is there, with both in it. */
  | { kind: 'made' }
  /** It could not be made. */
  | { kind: 'notMade' };

export type RingEffect =
  /** Make the conference, then tell `made` or `notMade`. */
  | { kind: 'connect' }
  /** It rings no longer. */
  | { kind: 'stopRinging' }
  | { kind: 'tellUp' }
  | { kind: 'tellEnded'; reason: CallEndReason }
  /** Nobody wants the conference that was made. */
  | { kind: 'dissolve' };

export type RingStep = { state: RingState; effects: readonly RingEffect[] };

const OVER: RingState = { kind: 'over' };

const nothing = (state: RingState): RingStep => ({ state, effects: [] });

const whileRinging = (event: RingEvent): RingStep => {
  switch (event.kind) {
    case 'accept':
      return { state: { kind: 'connecting', wanted: true }, effects: [{ kind: 'stopRinging' }, { kind: 'connect' }] };
    case 'giveUp':
      return { state: OVER, effects: [{ kind: 'stopRinging' }, { kind: 'tellEnded', reason: event.reason }] };
    case 'made':
    case 'notMade':
      return nothing({ kind: 'ringing' });
  }
};

const whileConnecting = (wanted: boolean, event: RingEvent): RingStep => {
  switch (event.kind) {
    case 'accept':
      return nothing({ kind: 'connecting', wanted });
    case 'giveUp': {
      const told: RingEffect[] = wanted ? [{ kind: 'tellEnded', reason: event.reason }] : [];
      return { state: { kind: 'connecting', wanted: false }, effects: told };
    }
    case 'made':
      return { state: OVER, effects: [wanted ? { kind: 'tellUp' } : { kind: 'dissolve' }] };
    case 'notMade':
      return { state: OVER, effects: wanted ? [{ kind: 'tellEnded', reason: 'failed' }] : [] };
  }
};

/** Nothing happens any more to one that is over. */
export const stepRing = (state: RingState, event: RingEvent): RingStep => {
  switch (state.kind) {
    case 'ringing':
      return whileRinging(event);
    case 'connecting':
      return whileConnecting(state.wanted, event);
    case 'over':
      return nothing(state);
  }
};
