/** Handlers for tests: a test gives those that it is about. */
import { JOB_NAMES, type JobHandlers } from './job-definitions.ts';

export const handlersWith = (given: Partial<JobHandlers>): JobHandlers => {
  const idle = JOB_NAMES.map((name) => [name, () => Promise.resolve()]);
  return { ...(Object.fromEntries(idle) as JobHandlers), ...given };
};
