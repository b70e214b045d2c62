/** What the routes ask of the conferences. */
import type { Conferences } from '../conference/conferences.ts';

export type ConferencesPort = Pick<
  Conferences,
  | 'create'
  | 'view'
  | 'dissolve'
  | 'kick'
  | 'join'
  | 'leave'
  | 'change'
  | 'publishing'
  | 'receiving'
  | 'recording'
  | 'isIn'
  | 'roleOf'
  | 'userOf'
  | 'endRevoked'
  | 'figures'
  | 'events'
  | 'entrance'
>;
