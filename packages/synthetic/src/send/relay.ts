import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seededChance } from '../seeded-chance.ts';
import { nowMs } from './clock.ts';
import { Link, type LinkConditions, OPEN_LINK } from './link.ts';

const CANDIDATE_ADDRESS = /^(a=candidate:\S+ \d+ (?:udp|UDP) \d+) (\S+) (\d+)/;
const SEED = 1;

type Address = { address: string; port: number };

/** What the network is like between caller and service; open unless said otherwise. */
export type RelayOptions = { toService?: LinkConditions; toCaller?: LinkConditions };

const bound = async (address: string): Promise<Socket> => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
};

/**
 * A relay between a caller and the service, on this machine. Shutting it is how a caller vanishes: closing its connection would say
 * goodbye (DTLS close_notify), and leaving it open would go on answering ICE checks.
 */
export class Relay {
  readonly toService: Link;
  readonly toCaller: Link;
  readonly #near: Socket;
  readonly #target: Address;
  readonly #bindAddress: string;
  /** A browser checks from several sockets at once: each has its own way, or answers would go to another. */
  readonly #ways = new Map<string, Socket>();
  #closed = false;

  private constructor(near: Socket, target: Address, bindAddress: string, { toService, toCaller }: RelayOptions) {
    this.#near = near;
    this.#target = target;
    this.#bindAddress = bindAddress;
    const chance = seededChance(SEED);
    this.toService = new Link({ conditions: toService ?? OPEN_LINK, nowMs, chance });
    this.toCaller = new Link({ conditions: toCaller ?? OPEN_LINK, nowMs, chance });
    near.on('message', (bytes, from) => {
      this.toService.send(bytes.length, () => this.#wayOf(from).send(bytes, target.port, target.address));
    });
  }

  /** Puts a relay before the first UDP candidate of these transport lines; yields the lines that lead to the relay alone. */
  static async before(
    transportLines: readonly string[],
    bindAddress: string,
    options: RelayOptions = {},
  ): Promise<{ relay: Relay; transportLines: string[] } | undefined> {
    const candidate = transportLines.map((line) => CANDIDATE_ADDRESS.exec(line)).find(Boolean);
    const [, head = '', address, port] = candidate ?? [];
    if (address === undefined) return undefined;
    const near = await bound(bindAddress);
    const relay = new Relay(near, { address, port: Number(port) }, bindAddress, options);
    const others = transportLines.filter((line) => !line.startsWith('a=candidate'));
    return { relay, transportLines: [...others, `${head} ${bindAddress} ${near.address().port} typ host`] };
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.toService.close();
    this.toCaller.close();
    this.#near.close();
    for (const way of this.#ways.values()) way.close();
  }

  #wayOf(caller: Address): Socket {
    const key = `${caller.address} ${caller.port}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const way = createSocket(this.#target.address.includes(':') ? 'udp6' : 'udp4');
    way.bind(0, this.#bindAddress);
    way.on('message', (bytes) => {
      this.toCaller.send(bytes.length, () => this.#near.send(bytes, caller.port, caller.address));
    });
    this.#ways.set(key, way);
    return way;
  }
}
