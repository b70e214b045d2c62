/** What the health calls answer. */
import { type Static, Type } from 'typebox';

export const HealthView = Type.Object({ status: Type.Literal('ok') });
export type HealthView = Static<typeof HealthView>;
