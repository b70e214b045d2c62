import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seededChance } from '../seeded-chance.ts';

/** A path as a bad wireless network is: the same in both directions. */
export type LossyPath = {
  /** 0…1 of the media's packets, and of what is said about them; the connection's own (ICE, DTLS) all pass. */
  lossRate: number;
  /** One way. */
  delayMs: number;
  seed: number;
};

/** How many media packets, RTCP included, were taken and lost on the way there. */
export type LossyCounts = { taken: number; lost: number };

const CANDIDATE = /^(a=candidate:\S+ \d+ (?:udp|UDP) \d+) (\S+) (\d+)/;

const bound = async (address: string): Promise<Socket> => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
};

/** RFC 7983: SRTP and SRTCP begin with 128 to 191. */
const isMedia = (bytes: Uint8Array): boolean => (bytes[0] ?? 0) >> 6 === 2;

/** Stands between a caller and the service, on this machine; what it loses is encrypted, so what is sent again is no replay. */
export class LossyRelay {
  readonly #sockets: readonly Socket[];
  readonly #path: LossyPath;
  readonly #chance: () => number;
  readonly counts: LossyCounts = { taken: 0, lost: 0 };
  #closed = false;

  private constructor(path: LossyPath, near: Socket, far: Socket, target: { address: string; port: number }) {
    this.#path = path;
    this.#chance = seededChance(path.seed);
    this.#sockets = [near, far];
    let caller: { address: string; port: number } | undefined;
    near.on('message', (bytes, from) => {
      caller = from;
      this.#pass(bytes, this.counts, () => far.send(bytes, target.port, target.address));
    });
    far.on('message', (bytes) => {
      const to = caller;
      if (to) this.#pass(bytes, undefined, () => near.send(bytes, to.port, to.address));
    });
  }

  /** Puts it before the first UDP candidate of these transport lines; yields the lines that lead to it alone. */
  static async before(
    transportLines: readonly string[],
    bindAddress: string,
    path: LossyPath,
  ): Promise<{ relay: LossyRelay; transportLines: string[] } | undefined> {
    const candidate = transportLines.map((line) => CANDIDATE.exec(line)).find(Boolean);
    const [, head = '', address, port] = candidate ?? [];
    if (address === undefined) return undefined;
    const near = await bound(bindAddress);
    const relay = new LossyRelay(path, near, await bound(bindAddress), { address, port: Number(port) });
    const others = transportLines.filter((line) => !line.startsWith('a=candidate'));
    return { relay, transportLines: [...others, `${head} ${bindAddress} ${near.address().port} typ host`] };
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#sockets) socket.close();
  }

  #pass(bytes: Uint8Array, counts: LossyCounts | undefined, send: () => void): void {
    if (isMedia(bytes)) {
      const lost = this.#chance() < this.#path.lossRate;
      if (counts) counts.taken += 1;
      if (counts && lost) counts.lost += 1;
      if (lost) return;
    }
    setTimeout(() => {
      if (!this.#closed) send();
    }, this.#path.delayMs);
  }
}
