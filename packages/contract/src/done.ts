/** What a call answers that only does something, in the vendor's form. */
import { type Static, Type } from 'typebox';

export const DoneView = Type.Object({ error: Type.Literal(0) });
export type DoneView = Static<typeof DoneView>;

export const DONE: DoneView = { error: 0 };
