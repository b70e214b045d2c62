/** Where the service says that it is reached. The Host header has no say in it: whoever sends it could have links made for a host of his own. */
import type { AddressInfo } from 'node:net';
import type { Config } from '../base/config.ts';

type AddressSettings = Pick<Config, 'publicUrl' | 'host' | 'port' | 'tls'>;

/** Bound to every address, it is reached on this machine at least. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', '': '127.0.0.1' };

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

const schemeOf = ({ tls }: AddressSettings): string => (tls === undefined ? 'http' : 'https');

/** Without a slash at the end: CALLREEL_PUBLIC_URL, else the bound address (before it is bound, the configured one). */
export const baseUrlOf = (settings: AddressSettings, bound: AddressInfo | string | null): string => {
  if (settings.publicUrl !== undefined) return settings.publicUrl;
  const { address, port } =
    typeof bound === 'object' && bound !== null ? bound : { address: settings.host, port: settings.port };
  return `${schemeOf(settings)}://${bracketed(LOOPBACK_OF[address] ?? address)}:${port}`;
};

/** The same, for a WebSocket. */
export const socketUrlOf = (baseUrl: string): string => baseUrl.replace(/^http/, 'ws');

/**
 * The origins under which a browser on this machine may have opened our own page. A page at `localhost` is handed URLs at `127.0.0.1`,
 * which to the browser is another origin. None where a public URL is set: then there is one name for all.
 */
export const ownOrigins = (settings: AddressSettings, baseUrl: string): string[] => {
  const { protocol, hostname, port } = new URL(baseUrl);
  if (settings.publicUrl !== undefined || !LOOPBACK_NAMES.includes(hostname)) return [];
  return LOOPBACK_NAMES.map((name) => new URL(`${protocol}//${name}:${port}`).origin);
};
