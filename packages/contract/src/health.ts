/** What the health calls answer. */
import { type Static, Type } from 'typebox';

export const HealthView = Type.Object({ status: Type.Literal('ok') });
export type HealthView = Static<typeof HealthView>;

export const ReadinessView = Type.Object({
  status: Type.Literal('ok'),
  warnings: Type.Optional(
    Type.Array(Type.String(), { description: 'What an operator must look at, though calls are served' }),
  ),
});
export type ReadinessView = Static<typeof ReadinessView>;
