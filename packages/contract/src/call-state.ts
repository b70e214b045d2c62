/** What an event makes of what a user is told of his calls: the same for the server and for every client. */
import type { UserEvent, UserState } from './calls.ts';

type Told = { kind: 'callRinging'; call: UserState['call'] } | { kind: Exclude<UserEvent['kind'], 'callRinging'> };

/** Changes nothing that it is given. */
export const applyUserEvent = (state: UserState, event: Told): UserState => {
  switch (event.kind) {
    case 'callRinging':
      return { ...state, call: event.call };
    case 'callUp':
    case 'callEnded':
      return { ...state, call: null };
  }
};
