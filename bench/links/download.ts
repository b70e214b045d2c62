/** Downloads at the least cost of our own: bytes are counted where they arrive, and thrown away. */
import { connect, type Socket } from 'node:net';

const READ_BYTES = 1024 * 1024;

/** Asks for a file over a connection of its own. */
const ask = (socket: Socket, url: URL): void => {
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`);
};

/** Reads as fast as it can; gives how many bytes came, the header's among them. */
export const download = (text: string): Promise<number> => {
  const url = new URL(text);
  let bytes = 0;
  return new Promise((resolve, reject) => {
    const onread = {
      buffer: new Uint8Array(READ_BYTES),
      callback: (count: number): boolean => {
        bytes += count;
        return true;
      },
    };
    const socket = connect({ host: url.hostname, port: Number(url.port), onread }, () => ask(socket, url));
    socket.once('error', reject).once('close', () => resolve(bytes));
  });
};

/** Many that read a little now and then. */
export class SlowReaders {
  readonly #sockets: Socket[] = [];
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;

  /** Resolves when each has the beginning of its file. */
  async start(text: string, count: number, readBytes: number, everyMs: number): Promise<void> {
    const url = new URL(text);
    const begun = Array.from({ length: count }, () => this.#open(url));
    await Promise.all(begun);
    this.#timer = setInterval(() => {
      for (const socket of this.#sockets) this.#bytes += socket.read(readBytes)?.length ?? 0;
    }, everyMs);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many are still connected. */
  get alive(): number {
    return this.#sockets.filter((socket) => !socket.destroyed).length;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(url: URL): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: url.hostname, port: Number(url.port) });
      this.#sockets.push(socket);
      socket.once('error', reject).once('connect', () => ask(socket, url));
      socket.once('readable', () => resolve());
    });
  }
}
