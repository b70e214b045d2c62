/** What one recording does to the disk: one thing after the other, each tried again until it succeeds. */

/** `bytes`: how much memory it holds until it is done. Doing it twice must be harmless. */
export type DiskWork = { bytes: number; run: () => Promise<unknown> };

export type WriteQueueOptions = {
  /** Told of bytes that begin (positive) and cease (negative) to wait. */
  count: (bytes: number) => void;
  /** The first failure after a success. */
  onFailure: (cause: unknown) => void;
};

const RETRY_MS = 1000;

type Drain = { resolve: () => void; reject: (cause: unknown) => void };

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #waiting: DiskWork[] = [];
  #waitingBytes = 0;
  #running = false;
  #failing = false;
  #retryAtMs = 0;
  #lastTickMs = 0;
  #drains: Drain[] = [];

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Nothing waits, and nothing is under way. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  add(work: DiskWork): void {
    this.#waiting.push(work);
    this.#account(work.bytes);
    if (!this.#failing) this.#start();
  }

  /** Tries again what failed a second ago or more. */
  tick(nowMs: number): void {
    this.#lastTickMs = nowMs;
    if (this.#failing && nowMs >= this.#retryAtMs) this.#start();
  }

  /** Resolves when all is done; what failed is tried once more, and if it fails again this rejects and the rest is given up. */
  drain(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#drains.push({ resolve, reject });
      this.#start();
    });
  }

  #account(bytes: number): void {
    this.#waitingBytes += bytes;
    this.#options.count(bytes);
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      for (let work = this.#waiting[0]; work !== undefined; work = this.#waiting[0]) {
        await work.run();
        this.#waiting.shift();
        this.#account(-work.bytes);
        this.#failing = false;
      }
      this.#running = false;
      this.#settleDrains((drain) => drain.resolve());
    } catch (cause) {
      this.#running = false;
      this.#handleFailure(cause);
    }
  }

  #handleFailure(cause: unknown): void {
    const first = !this.#failing;
    this.#failing = true;
    this.#retryAtMs = this.#lastTickMs + RETRY_MS;
    if (this.#drains.length > 0) this.#giveUp();
    this.#settleDrains((drain) => drain.reject(cause));
    if (first) this.#options.onFailure(cause);
  }

  #giveUp(): void {
    this.#account(-this.#waitingBytes);
    this.#waiting.length = 0;
  }

  #settleDrains(settle: (drain: Drain) => void): void {
    const drains = this.#drains;
    this.#drains = [];
    drains.forEach(settle);
  }
}
