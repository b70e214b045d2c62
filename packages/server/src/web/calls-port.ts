/** What the routes ask of one-to-one calls. */
import type { Calls } from '../calls/calls.ts';

export type CallsPort = Pick<Calls, 'start' | 'answer' | 'follow'>;
