/** Files as an application's server gets them: through their links. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { RecordingView } from '@callreel/contract/recording.ts';

/** A folder for downloads, and its removal. */
export class Downloads {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<Downloads> {
    return new Downloads(await mkdtemp(join(tmpdir(), 'callreel-downloads-')));
  }

  /** Fetches a whole file without any token and gives its path. */
  async fetch({ url }: RecordingView): Promise<string> {
    const response = await fetch(url);
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    const path = join(this.#folder, basename(new URL(url).pathname));
    await writeFile(path, await response.bytes());
    return path;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
