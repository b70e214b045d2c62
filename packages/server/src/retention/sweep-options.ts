/** What a sweep needs of the rest of the service. */
import type { Logger } from '../base/log.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Store } from '../store/store.ts';
import type { Clocks } from './clocks.ts';

export type SweepOptions = {
  store: Store;
  objects: ObjectStore;
  jobs: Pick<Jobs, 'send'>;
  spoolDir: string;
  clocks: Clocks;
  log: Logger;
};
