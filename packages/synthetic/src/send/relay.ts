import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const CANDIDATE_ADDRESS = /^(a=candidate:\S+ \d+ (?:udp|UDP) \d+) (\S+) (\d+)/;

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
  readonly #near: Socket;
  readonly #far: Socket;
  #closed = false;

  private constructor(near: Socket, far: Socket, target: { address: string; port: number }) {
    this.#near = near;
    this.#far = far;
    let caller: { address: string; port: number } | undefined;
    near.on('message', (bytes, from) => {
      caller = from;
      far.send(bytes, target.port, target.address);
    });
    far.on('message', (bytes) => {
      if (caller) near.send(bytes, caller.port, caller.address);
    });
  }

  /** Puts a relay before the first UDP candidate of these transport lines; yields the lines that lead to the relay alone. */
  static async before(
    transportLines: readonly string[],
    bindAddress: string,
  ): Promise<{ relay: Relay; transportLines: string[] } | undefined> {
    const candidate = transportLines.map((line) => CANDIDATE_ADDRESS.exec(line)).find(Boolean);
    const [, head = '', address, port] = candidate ?? [];
    if (address === undefined) return undefined;
    const near = await bound(bindAddress);
    const relay = new Relay(near, await bound(bindAddress), { address, port: Number(port) });
    const others = transportLines.filter((line) => !line.startsWith('a=candidate'));
    return { relay, transportLines: [...others, `${head} ${bindAddress} ${near.address().port} typ host`] };
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#near.close();
    this.#far.close();
  }
}
