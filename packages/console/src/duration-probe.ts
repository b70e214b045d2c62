const LOAD_LIMIT_MS = 15_000;

/** The lengths of files in seconds, read from their own headers: the listing calls do not tell. One file at a time. */
export class DurationProbe {
  readonly #known = new Map<number, number | undefined>();
  #queue: Promise<unknown> = Promise.resolve();

  /** Undefined where this browser cannot tell. `signal` gives the wish up while it waits its turn. */
  lengthOf(id: number, url: string, signal: AbortSignal): Promise<number | undefined> {
    const turn = this.#queue.then(async () => {
      if (signal.aborted) return undefined;
      if (!this.#known.has(id)) this.#known.set(id, await readLength(url));
      return this.#known.get(id);
    });
    this.#queue = turn;
    return turn;
  }
}

const readLength = (url: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const video = document.createElement('video');
    const settle = (length: number | undefined) => {
      clearTimeout(timer);
      video.removeAttribute('src');
      video.load();
      resolve(length);
    };
    const timer = setTimeout(() => settle(undefined), LOAD_LIMIT_MS);
    video.preload = 'metadata';
    video.addEventListener(
      'loadedmetadata',
      () => settle(Number.isFinite(video.duration) ? video.duration : undefined),
      {
        once: true,
      },
    );
    video.addEventListener('error', () => settle(undefined), { once: true });
    video.src = url;
  });
