import type { Config } from '../../base/config.ts';

/** What the checks of the service are made with. */
export type Circumstances = {
  config: Config;
  /** The process that has the data folder, where one has and the system tells. */
  servicePid: number | undefined;
};
