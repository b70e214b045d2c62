/**
 * The one UDP port of this process. It is held from start to end, also while no connection is open: the library would abort the
 * process on a port that another took in the meantime.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { IceUdpMuxListener, type RtcConfig } from 'node-datachannel';
import { TransportError } from './transport-error.ts';

const MTU_BYTES = 1500;

/** The library's own choice is all of the machine: IPv6 and IPv4, where it has both. `0.0.0.0` is IPv4 alone. */
const boundTo = (address: string): { bindAddress?: string } => (address === '::' ? {} : { bindAddress: address });

/** A port that nobody has at this moment. */
const pickFreePort = async (bindAddress: string): Promise<number> => {
  const socket = createSocket(isIPv6(bindAddress) ? 'udp6' : 'udp4');
  socket.bind(0, bindAddress);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
};

export class RtcPort {
  readonly port: number;
  readonly #bindAddress: string;
  readonly #listener: IceUdpMuxListener;

  private constructor(port: number, bindAddress: string) {
    this.port = port;
    this.#bindAddress = bindAddress;
    try {
      this.#listener = new IceUdpMuxListener(port, boundTo(bindAddress).bindAddress);
    } catch (cause) {
      throw TransportError.portTaken(port, bindAddress, cause);
    }
  }

  /** Port 0 picks a free one. @throws TransportError `portTaken` */
  static async open(port: number, bindAddress: string): Promise<RtcPort> {
    return new RtcPort(port === 0 ? await pickFreePort(bindAddress) : port, bindAddress);
  }

  /** What the library needs to make a connection over this port. */
  get connectionConfig(): RtcConfig {
    return {
      iceServers: [],
      disableAutoNegotiation: true,
      mtu: MTU_BYTES,
      enableIceUdpMux: true,
      portRangeBegin: this.port,
      portRangeEnd: this.port,
      ...boundTo(this.#bindAddress),
    };
  }

  /** After the last connection is closed. */
  close(): void {
    this.#listener.stop();
  }
}
