/** Whether there is room for more recordings, asked of the disk once a second at most. */
import { freeBytes, LEAST_FREE_BYTES } from '../../storage/disk-space.ts';
import { WebError } from '../errors.ts';

const GOOD_FOR_MS = 1_000;

export type DiskRoomOptions = {
  dataDir: string;
  /** Monotonic milliseconds. */
  nowMs: () => number;
  freeBytes?: typeof freeBytes | undefined;
};

export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #asked: { atMs: number; hasRoom: Promise<boolean> } | undefined;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  /** With a full disk nothing new begins; what runs may go on, also after a lost connection. */
  readonly assertRoom = async (): Promise<void> => {
    if (!(await this.hasRoom())) throw WebError.of('server_busy', 'This node has no room for more recordings');
  };

  /** False too where the disk does not answer. */
  hasRoom(): Promise<boolean> {
    const now = this.#options.nowMs();
    if (this.#asked === undefined || now - this.#asked.atMs >= GOOD_FOR_MS) {
      this.#asked = { atMs: now, hasRoom: this.#ask() };
    }
    return this.#asked.hasRoom;
  }

  #ask(): Promise<boolean> {
    const ask = this.#options.freeBytes ?? freeBytes;
    return ask(this.#options.dataDir).then(
      (free) => free >= LEAST_FREE_BYTES,
      () => false,
    );
  }
}
