/**
 * Sends files to clients, each as fast as it reads. A stream would allocate 64 KiB for every 64 KiB that it sends, and read ahead for those
 * who do not read: here each download has one buffer, which is filled again when its bytes are with the kernel.
 */
import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { ByteRange } from '../storage/object-store.ts';

/** For a client of which nothing is known: the kernel takes the first megabytes for anyone, so that those tell nothing. */
const FIRST_BYTES = 32 * 1024;
/** For one that kept us waiting: as it is with a thousand of them, this is what they hold. */
const SLOW_BYTES = 16 * 1024;
/** For one that read some megabytes without a pause: a quarter of the CPU time that 32 KiB take. */
const FAST_BYTES = 512 * 1024;
/** That the fast ones hold together. */
const MOST_FAST = 32;

/** More than the kernel's buffers on both sides take (net.ipv4.tcp_wmem and tcp_rmem: 4 and 6 MiB). */
const PROVEN_BYTES = 12 * 1024 * 1024;
const PAUSE_MS = 100;

export class FileSender {
  #fast = 0;

  /** Sends the part, after the header that was set; closes the file. The connection is cut where it cannot be read to its end. */
  async send(file: FileHandle, response: ServerResponse, range: ByteRange): Promise<void> {
    try {
      await this.#sendPart(file, response, range);
      response.end();
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined);
    } finally {
      await file.close();
    }
  }

  async #sendPart(file: FileHandle, response: ServerResponse, { start, end }: ByteRange): Promise<void> {
    const pace = new Pace();
    let buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, end - start + 1));
    try {
      for (let position = start; position <= end; ) {
        buffer = this.#resized(buffer, pace);
        const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end + 1 - position), position);
        if (bytesRead === 0) throw new RangeError('the file is shorter than it was');
        const began = performance.now();
        if (!(await write(response, buffer.subarray(0, bytesRead)))) return;
        pace.note(bytesRead, performance.now() - began);
        position += bytesRead;
      }
    } finally {
      if (buffer.length === FAST_BYTES) this.#fast -= 1;
    }
  }

  #resized(buffer: Buffer<ArrayBuffer>, pace: Pace): Buffer<ArrayBuffer> {
    const isFast = buffer.length === FAST_BYTES;
    if (pace.kind === 'slow' && buffer.length > SLOW_BYTES) {
      if (isFast) this.#fast -= 1;
      return Buffer.allocUnsafeSlow(SLOW_BYTES);
    }
    if (isFast || pace.kind !== 'fast' || this.#fast >= MOST_FAST) return buffer;
    this.#fast += 1;
    return Buffer.allocUnsafeSlow(FAST_BYTES);
  }
}

/** How a client reads. */
class Pace {
  kind: 'unknown' | 'slow' | 'fast' = 'unknown';
  #bytesSincePause = 0;

  note(bytes: number, tookMs: number): void {
    const paused = tookMs > PAUSE_MS;
    this.#bytesSincePause = paused ? 0 : this.#bytesSincePause + bytes;
    if (paused) this.kind = 'slow';
    else if (this.#bytesSincePause >= PROVEN_BYTES) this.kind = 'fast';
  }
}

/** Resolves when the bytes are with the kernel; false where the client is gone. */
const write = (response: ServerResponse, bytes: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    if (response.destroyed) {
      resolve(false);
      return;
    }
    const gone = () => resolve(false);
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      resolve(!error);
    });
  });
