/**
 * A small internet. This process is on the service's machine, behind a router that has the public address and translates (nftables), with
 * machines beyond it. All addresses are those of documentation (RFC 5737, RFC 3849).
 *
 *   here 10.0.0.2 ── router 203.0.113.7 ─┬─ relay    203.0.113.20
 *        2001:db8:a::2                   ├─ street   198.51.100.2      IPv4, nothing in the way
 *                                        ├─ office   192.0.2.2         IPv4, a firewall that lets out calls to the service and to the relay, and no media
 *                                        └─ village  2001:db8:b::2     IPv6 alone
 */
import type { Cleanups } from '../support/cleanups.ts';
import { configure, Machine } from '../support/network-namespace.ts';

export const SERVICE = {
  port: 8080,
  rtcPort: 8081,
  v4: '203.0.113.7',
  v6: '2001:db8:a::2',
  inner: '10.0.0.2',
} as const;
export const RELAY = { address: '203.0.113.20', port: 3478 } as const;

/** From outside only what is translated comes in; the service's own machine reaches itself under the public address, too. */
const RULES = `
table ip nat {
  chain in {
    type nat hook prerouting priority dstnat
    ip daddr ${SERVICE.v4} tcp dport ${SERVICE.port} dnat to ${SERVICE.inner}
    ip daddr ${SERVICE.v4} udp dport ${SERVICE.rtcPort} dnat to ${SERVICE.inner}
  }
  chain out {
    type nat hook postrouting priority srcnat
    ip saddr ${SERVICE.inner} masquerade
  }
}
table inet firewall {
  chain forward {
    type filter hook forward priority filter
    ct state established,related accept
    iifname office tcp dport ${SERVICE.port} accept
    iifname office udp dport ${RELAY.port} accept
    iifname office drop
    ip daddr ${SERVICE.inner} ct status dnat accept
    ip daddr ${SERVICE.inner} drop
  }
}`;

const PLACES = {
  relay: { router: '203.0.113.7/24', own: `${RELAY.address}/24`, gateway: '203.0.113.7' },
  street: { router: '198.51.100.1/24', own: '198.51.100.2/24', gateway: '198.51.100.1' },
  office: { router: '192.0.2.1/24', own: '192.0.2.2/24', gateway: '192.0.2.1' },
  village: { router: '2001:db8:b::1/64', own: '2001:db8:b::2/64', gateway: '2001:db8:b::1' },
} as const;

type Name = keyof typeof PLACES;
export type Internet = Readonly<Record<Name, Machine>>;

const addressed = (wire: string, ...addresses: readonly string[]): string[] => [
  ...addresses.map((address) => `ip addr add ${address} dev ${wire}${address.includes(':') ? ' nodad' : ''}`),
  `ip link set ${wire} up`,
];

const connectHere = (router: Machine): void => {
  configure(
    'ip link set lo up',
    `ip link add wan type veth peer name here netns ${router.pid}`,
    ...addressed('wan', `${SERVICE.inner}/24`, `${SERVICE.v6}/64`),
  );
  router.configure(...addressed('here', '10.0.0.1/24', '2001:db8:a::1/64'));
  configure('ip route add default via 10.0.0.1', 'ip route add default via 2001:db8:a::1');
};

const connect = async (name: Name, router: Machine, cleanups: Cleanups): Promise<Machine> => {
  const { router: end, own, gateway } = PLACES[name];
  const machine = await Machine.start();
  cleanups.add(() => machine.stop());
  router.configure(`ip link add ${name} type veth peer name wan netns ${machine.pid}`, ...addressed(name, end));
  machine.configure(...addressed('wan', own), `ip route add default via ${gateway}`);
  return machine;
};

export const buildInternet = async (cleanups: Cleanups): Promise<Internet> => {
  const router = await Machine.start();
  cleanups.add(() => router.stop());
  router.configure('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1', `nft '${RULES}'`);
  connectHere(router);
  return {
    relay: await connect('relay', router, cleanups),
    street: await connect('street', router, cleanups),
    office: await connect('office', router, cleanups),
    village: await connect('village', router, cleanups),
  };
};
