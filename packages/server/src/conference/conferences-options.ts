import type { ConfrId, IdSource, RecordingKey } from '@callreel/contract/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Timers } from '../base/timers.ts';
import type { Store } from '../store/store.ts';
import type { KeepFrame } from './event-hub.ts';
import type { IssueMemberToken } from './joining.ts';
import type { SpawnMediaProcess } from './media-pool.ts';
import type { FormatTime } from './views.ts';

export type ConferencesOptions = {
  store: Pick<Store, 'apps' | 'conferences' | 'recordingOrders' | 'recordingWork' | 'tokens'>;
  ids: IdSource;
  /** Milliseconds on the monotonic clock. */
  nowMs: () => number;
  bootId: string;
  formatTime: FormatTime;
  mediaProcesses: number;
  spawnMedia: SpawnMediaProcess;
  issueMemberToken: IssueMemberToken;
  /** A recording's bytes are on disk: it can be finished and listed. */
  onRecordingEnded(recordingKey: RecordingKey): void;
  /** Once for each conference, when the store knows that it is over. */
  onConferenceEnded(confrId: ConfrId): void;
  /** Is told all that happens, of every conference. */
  chronicle?: KeepFrame;
  log: Logger;
  /** The system's, unless given. */
  timers?: Timers;
  /** For tests; the contract's 45 s otherwise. */
  holdMs?: number;
};
