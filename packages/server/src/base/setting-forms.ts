/** The forms that settings take: each says in words what it wants, and parses it. */
import { isIP } from 'node:net';
import { type AppName, isReservedApp, type OrgName, parseAppName, parseOrgName } from '@callreel/contract/ids.ts';

export type Form<Value> = {
  /** Goes on "NAME must be …". */
  wants: string;
  /** Undefined where the text is not of this form. */
  parse: (text: string) => Value | undefined;
};

/** The app to make on start where it is absent. */
export type Bootstrap = { org: OrgName; app: AppName; clientId: string; clientSecret: string };

export const integer = (lowest: number, highest: number): Form<number> => ({
  wants: `a whole number from ${lowest} to ${highest}`,
  parse: (text) => (/^\d{1,9}$/.test(text) && +text >= lowest && +text <= highest ? +text : undefined),
});

export const oneOf = <Value extends string>(values: readonly Value[]): Form<Value> => ({
  wants: `one of ${values.join(', ')}`,
  parse: (given) => values.find((value) => value === given),
});

const isHost = (given: string): boolean => isIP(given) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(given);

/** Long enough that nobody guesses it, and fit for a header field. */
export const bearerToken: Form<string> = {
  wants: 'at least 16 letters, digits or any of -._~+/=',
  parse: (given) => (/^[A-Za-z0-9._~+/=-]{16,256}$/.test(given) ? given : undefined),
};

export const host: Form<string> = {
  wants: 'an IP address or a host name',
  parse: (given) => (isHost(given) ? given : undefined),
};

export const path: Form<string> = {
  wants: 'a path',
  parse: (given) => (given.includes('\0') ? undefined : given),
};

const parseUrl = (given: string): URL | undefined => (URL.canParse(given) ? new URL(given) : undefined);

export const publicUrl: Form<string> = {
  wants: 'an http or https URL without user, query or fragment, such as https://calls.example.com',
  parse: (given) => {
    const url = parseUrl(given);
    if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
    if (url.username || url.password || /[?#]/.test(given)) return undefined;
    return url.href.replace(/\/+$/, '');
  },
};

export const databaseUrl: Form<string> = {
  wants: 'a URL such as postgres://user:password@host:5432/database',
  parse: (given) => (/^postgres(ql)?:$/.test(parseUrl(given)?.protocol ?? '') ? given : undefined),
};

export const addresses: Form<string[]> = {
  wants: 'IP addresses divided by commas, such as 203.0.113.7,2001:db8::7',
  parse: (given) => {
    const list = given.split(',').map((address) => address.trim());
    // A zone (fe80::1%eth0) means something on this machine alone.
    return list.every((address) => isIP(address) !== 0 && !address.includes('%')) ? [...new Set(list)] : undefined;
  },
};

/** Shared with another service, which chose its form; long enough that nobody guesses it. */
export const sharedSecret: Form<string> = {
  wants: '16 to 256 characters of ASCII without spaces',
  parse: (given) => (/^[\x21-\x7e]{16,256}$/.test(given) ? given : undefined),
};

export const timeZone: Form<string> = {
  wants: 'the IANA name of a time zone, such as Asia/Shanghai',
  parse: (given) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions().timeZone;
    } catch {
      return undefined;
    }
  },
};

export const bootstrap: Form<Bootstrap> = {
  wants: 'org/app:client_id:client_secret, with an org that is not reserved',
  parse: (given) => {
    const [, orgText = '', appText = '', clientId = '', clientSecret = ''] =
      /^([^/:]+)\/([^/:]+):([^:]+):(.+)$/.exec(given) ?? [];
    const org = parseOrgName(orgText);
    const app = parseAppName(appText);
    if (org === undefined || app === undefined || isReservedApp(org, app)) return undefined;
    return { org, app, clientId, clientSecret };
  },
};

const isOrigin = (given: string): boolean => {
  const url = parseUrl(given);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.origin === given;
};

export const origins: Form<string[]> = {
  wants: 'origins divided by commas, such as https://app.example.com,http://localhost:3000',
  parse: (given) => {
    const list = given.split(',').map((origin) => origin.trim());
    return list.every(isOrigin) ? list : undefined;
  },
};

/** What fastify's `trustProxy` takes. */
const isNetwork = (given: string): boolean => {
  const [, host = '', bits = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(given) ?? [];
  return isIP(host) !== 0 && Number(bits) <= (isIP(host) === 4 ? 32 : 128);
};

export const networks: Form<string[]> = {
  wants: 'IP addresses or networks divided by commas, such as 127.0.0.1,10.0.0.0/8',
  parse: (given) => {
    const list = given.split(',').map((network) => network.trim());
    return list.every(isNetwork) ? list : undefined;
  },
};
