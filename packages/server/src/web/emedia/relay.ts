/** What one SDK's user says to another's: passed on as it is, with the sender's name on it. */
import { ROLE_CODES, type Role } from '@callreel/contract/conference.ts';
import { WebError } from '../errors.ts';
import type { Entered } from './entering.ts';
import type { Asked } from './frames.ts';
import { EmediaRefusal } from './refusal.ts';
import type { Seat } from './seat.ts';

/** What he wants to be who asks so. */
const WANTED: Readonly<Record<number, Role>> = { 21: 'talker', 22: 'admin' };

/** What may be asked of another, by the number in `arg`; the SDK carries it out without asking its user whether an admin asked. */
const ACTIONS: Readonly<Record<number, 'anyone' | 'admin'>> = {
  20: 'anyone',
  21: 'anyone',
  22: 'anyone',
  23: 'admin',
  24: 'admin',
  30: 'anyone',
};

const actionIn = (arg: string): number | undefined => {
  try {
    const { op2 } = JSON.parse(arg) as { op2?: unknown };
    return typeof op2 === 'number' ? op2 : undefined;
  } catch {
    return undefined;
  }
};

/** @throws EmediaRefusal, WebError `forbidden_op` */
export const act = ({ room, seat }: Entered, { op, tsxId, memId, arg }: Asked<'act'>): void => {
  const action = actionIn(arg) ?? -1;
  const who = ACTIONS[action];
  if (who === undefined) throw EmediaRefusal.unknownTarget();
  const role = ROLE_CODES[room.member(seat.memberId)?.role ?? 'audience'];
  if (who === 'admin' && role !== ROLE_CODES.admin) throw WebError.forbidden('Only an admin may ask this of another');
  const target = passOn({ room, seat }, memId, { op, tsxId, arg });
  const wanted = WANTED[action];
  if (wanted) seat.request = { role: wanted, tsxId, arg, askedId: target.memberId };
};

/** @throws EmediaRefusal */
export const say = (entered: Entered, { op, tsxId, memId, arg }: Asked<'say'>): void => {
  passOn(entered, memId, { op, tsxId, arg });
};

/** To what another asked; nobody answers to it. */
export const reply = ({ room, seat }: Entered, { op, tsxId, memId, arg, result = 0 }: Asked<'reply'>): void => {
  const asker = room.seatOf(memId);
  if (asker?.request?.tsxId === tsxId) asker.request = undefined;
  asker?.tell({ op, tsxId, memId: seat.memberId, arg, result });
};

const passOn = ({ room, seat }: Entered, memId: string, frame: { op: number; tsxId: string; arg: string }): Seat => {
  const target = room.seatOf(memId);
  if (target === undefined || !target.isThere) throw EmediaRefusal.unknownTarget();
  target.tell({ ...frame, memId: seat.memberId });
  return target;
};
