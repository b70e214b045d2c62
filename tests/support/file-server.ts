/** A folder's files over HTTP on loopback, with ranges, for a page that plays them. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.webm': 'video/webm',
  '.mp4': 'video/mp4',
  '.mkv': 'video/x-matroska',
};

export class FileServer {
  readonly #server: Server;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(folder: string): Promise<FileServer> {
    const server = new FileServer(folder);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Of a file in the folder, by its path. */
  urlOf(path: string): string {
    return this.url + encodeURIComponent(basename(path));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = basename(decodeURIComponent(request.url ?? '/'));
    const path = join(this.#folder, name);
    const type = TYPES[extname(name)];
    const size = (await stat(path).catch(() => undefined))?.size;
    if (type === undefined || size === undefined) {
      response.writeHead(name === '' ? 200 : 404, { 'Content-Type': 'text/html' }).end('<title>files</title>');
      return;
    }
    const [, from] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    response.writeHead(from === undefined ? 200 : 206, {
      ...{ 'Content-Type': type, 'Content-Length': size - start, 'Accept-Ranges': 'bytes' },
      ...(from !== undefined && { 'Content-Range': `bytes ${start}-${size - 1}/${size}` }),
    });
    createReadStream(path, { start })
      .on('error', () => response.destroy())
      .pipe(response);
  }
}
