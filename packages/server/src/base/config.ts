/** The service's settings: environment variables, read once at the start. */
import { resolve } from 'node:path';
import { iceUrls, isTurn } from './ice-urls.ts';
import { LOG_LEVELS, type LogLevel, maskSecrets } from './log.ts';
import { nearMiss } from './near-miss.ts';
import { DEFAULT_RATES_TEXT, type Rates, rates } from './rates.ts';
import {
  addresses,
  type Bootstrap,
  bearerToken,
  bootstrap,
  databaseUrl,
  type Form,
  host,
  integer,
  networks,
  oneOf,
  origins,
  path,
  publicUrl,
  sharedSecret,
  timeZone,
} from './setting-forms.ts';

export type { Bootstrap } from './setting-forms.ts';

export type IceSettings = {
  urls: string[];
  /** Shared with the TURN servers; set where one of the URLs is theirs. */
  turnSecret: string | undefined;
  /** How long credentials made with it are good. */
  turnTtlSeconds: number;
};

export type Config = {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Without a slash at its end; undefined: URLs use the bound address. */
  publicUrl: string | undefined;
  tls: { certPath: string; keyPath: string } | undefined;
  /** Absolute. */
  dataDir: string;
  /** Undefined: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  mediaProcesses: number;
  /** UDP; media process i takes this + i. 0: each picks a free one. */
  rtcPort: number;
  /** The IP addresses to announce in place of the bound ones; empty: those. */
  rtcAddresses: string[];
  /** What callers are told of STUN and TURN servers. */
  ice: IceSettings;
  /** IANA name; times in the vendor's calls are shown in it. */
  timeZone: string;
  retentionDays: number;
  bootstrap: Bootstrap | undefined;
  logLevel: LogLevel;
  corsOrigins: string[];
  rates: Rates;
  /** Whose X-Forwarded-For tells the caller's address. */
  trustedProxies: string[];
  /** Opens /metrics to whoever is not on this machine. */
  metricsToken: string | undefined;
};

/** Settings that cannot be used; the message names every one, with what it wants. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly reason = 'invalid';
  readonly problems: readonly string[];

  private constructor(problems: readonly string[]) {
    super(['The settings cannot be used:', ...problems].join('\n  '));
    this.problems = problems;
  }

  static invalid(problems: readonly string[]): ConfigError {
    return new ConfigError(problems);
  }
}

type Setting = {
  form: Form<unknown>;
  /** For the reference page, docs/settings.md, which scripts/write-settings-page.ts makes from this table. */
  description: string;
  /** Kept out of messages and of the log. */
  secret?: true;
} & (
  | { default: string }
  /** What holds where it is not set, in words. */
  | { otherwise: string }
);

const SETTINGS = {
  CALLREEL_HOST: {
    form: host,
    default: '127.0.0.1',
    description: 'Address for HTTP, and for media; `0.0.0.0` or `::` for all of the machine',
  },
  CALLREEL_PORT: { form: integer(0, 65_535), default: '8080', description: 'TCP port for HTTP; 0 picks a free one' },
  CALLREEL_PUBLIC_URL: {
    form: publicUrl,
    otherwise: 'the bound address',
    description: 'What links and URLs that we give out begin with: set it behind a proxy',
  },
  CALLREEL_TLS_CERT: {
    form: path,
    otherwise: 'plain HTTP',
    description:
      'PEM file with the certificate and its chain; browsers give a camera to pages at HTTPS and at localhost only',
  },
  CALLREEL_TLS_KEY: { form: path, otherwise: 'plain HTTP', description: "PEM file with the certificate's private key" },
  CALLREEL_DATA_DIR: { form: path, default: './data', description: 'Folder for everything that is kept' },
  DATABASE_URL: {
    form: databaseUrl,
    otherwise: 'the embedded PostgreSQL',
    description: 'A PostgreSQL of your own, 15 or later',
    secret: true,
  },
  CALLREEL_MEDIA_PROCESSES: {
    form: integer(1, 64),
    default: '1',
    description: 'Processes that receive calls: one for each core that should',
  },
  CALLREEL_RTC_PORT: {
    form: integer(0, 65_535),
    default: '8081',
    description: 'UDP port for media; media process i, counted from 0, takes this + i; 0 picks free ones',
  },
  CALLREEL_RTC_ADDRESS: {
    form: addresses,
    otherwise: 'the bound addresses',
    description: 'What to announce to callers, behind a NAT: every address under which they reach the media ports',
  },
  CALLREEL_ICE_SERVERS: {
    form: iceUrls,
    otherwise: 'none',
    description:
      'TURN servers for callers whose firewall lets no UDP through to us, and STUN servers, which nobody needs to reach us',
  },
  CALLREEL_TURN_SECRET: {
    form: sharedSecret,
    otherwise: 'no TURN',
    description: "What the TURN servers make credentials with: coturn's `static-auth-secret`",
    secret: true,
  },
  CALLREEL_TURN_TTL_SECONDS: {
    form: integer(60, 604_800),
    default: '86400',
    description: 'How long credentials for TURN are good, from when a member is given them',
  },
  CALLREEL_TIME_ZONE: {
    form: timeZone,
    default: 'Asia/Shanghai',
    description: 'Of the times in answers, and of those in span calls',
  },
  CALLREEL_RETENTION_DAYS: {
    form: integer(1, 36_500),
    default: '30',
    description: 'How long files are kept, for apps made from now on',
  },
  CALLREEL_BOOTSTRAP: {
    form: bootstrap,
    otherwise: '`demo/demo`, on the very first start',
    description: 'An app to make on start where it is absent',
    secret: true,
  },
  CALLREEL_LOG_LEVEL: { form: oneOf(LOG_LEVELS), default: 'info', description: 'How much is logged' },
  CALLREEL_CORS_ORIGINS: {
    form: origins,
    otherwise: 'none',
    description: 'Origins of pages that may call from a browser',
  },
  CALLREEL_RATES: {
    form: rates,
    default: DEFAULT_RATES_TEXT,
    description:
      'Calls a second: of an app `retrieval`, `management`, `joins` (and publications), `files`; of an `address` without a valid token; of one user, member or client, an `account`. For one app alone: `acme/calls:retrieval=300`',
  },
  CALLREEL_METRICS_TOKEN: {
    form: bearerToken,
    otherwise: 'none: this machine alone',
    description: 'Bearer token that opens `/metrics` to a caller who is not on this machine',
    secret: true,
  },
  CALLREEL_TRUSTED_PROXIES: {
    form: networks,
    otherwise: 'none',
    description: "Proxies whose `X-Forwarded-For` tells the caller's address",
  },
} as const satisfies Record<string, Setting>;

type Settings = typeof SETTINGS;
type SettingName = keyof Settings;
type ValueOf<Given> = Given extends { form: Form<infer Value> } ? Value : never;
type SettingValues = {
  [Name in SettingName]: Settings[Name] extends { default: string }
    ? ValueOf<Settings[Name]>
    : ValueOf<Settings[Name]> | undefined;
};

/** All settings with their descriptions, in the order of the reference page. */
export const listSettings = (): (Setting & { name: string })[] =>
  Object.entries<Setting>(SETTINGS).map(([name, setting]) => ({ name, ...setting }));

const readSettings = (env: NodeJS.ProcessEnv, problems: string[]): SettingValues => {
  const entries = listSettings().map(({ name, form, secret, ...setting }) => {
    // An empty value is how many tools pass on a variable that is not set.
    const given = env[name] || ('default' in setting ? setting.default : undefined);
    const value = given === undefined ? undefined : form.parse(given);
    if (given !== undefined && value === undefined) {
      problems.push(`${name} must be ${form.wants}${secret ? '' : ` (it is '${given}')`}`);
    }
    return [name, value];
  });
  return Object.fromEntries(entries) as SettingValues;
};

const PREFIX = 'CALLREEL_';

const withoutPrefix = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name);

const unknownSettings = (env: NodeJS.ProcessEnv): string[] => {
  const names = Object.keys(SETTINGS);
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !names.includes(name));
  return unknown.map((name) => {
    const near = nearMiss(withoutPrefix(name).toUpperCase(), names.map(withoutPrefix));
    const meant = names.find((known) => withoutPrefix(known) === near);
    return `${name} is not a setting of this version${meant === undefined ? '' : `: did you mean ${meant}?`}`;
  });
};

const checkTogether = (values: SettingValues, problems: string[]): void => {
  if ((values.CALLREEL_TLS_CERT === undefined) !== (values.CALLREEL_TLS_KEY === undefined)) {
    problems.push('CALLREEL_TLS_CERT and CALLREEL_TLS_KEY must be set both or neither');
  }
  const hasTurn = values.CALLREEL_ICE_SERVERS?.some(isTurn) ?? false;
  if (hasTurn !== (values.CALLREEL_TURN_SECRET !== undefined)) {
    problems.push(
      'CALLREEL_TURN_SECRET must be set where CALLREEL_ICE_SERVERS has a turn: or turns: URL, and only there',
    );
  }
  if (values.CALLREEL_RTC_PORT + values.CALLREEL_MEDIA_PROCESSES - 1 > 65_535) {
    problems.push('CALLREEL_RTC_PORT must leave a port up to 65535 for each of CALLREEL_MEDIA_PROCESSES');
  }
};

/** Throws a ConfigError that lists all problems: values of a wrong form, settings that do not fit together, unknown names. */
export const readConfig = (env: NodeJS.ProcessEnv): Config => {
  const problems = unknownSettings(env);
  const values = readSettings(env, problems);
  checkTogether(values, problems);
  if (problems.length > 0) throw ConfigError.invalid(problems);
  const { CALLREEL_TLS_CERT: certPath, CALLREEL_TLS_KEY: keyPath } = values;
  return {
    host: values.CALLREEL_HOST,
    port: values.CALLREEL_PORT,
    publicUrl: values.CALLREEL_PUBLIC_URL,
    tls: certPath !== undefined && keyPath !== undefined ? { certPath, keyPath } : undefined,
    dataDir: resolve(values.CALLREEL_DATA_DIR),
    databaseUrl: values.DATABASE_URL,
    mediaProcesses: values.CALLREEL_MEDIA_PROCESSES,
    rtcPort: values.CALLREEL_RTC_PORT,
    rtcAddresses: values.CALLREEL_RTC_ADDRESS ?? [],
    ice: {
      urls: values.CALLREEL_ICE_SERVERS ?? [],
      turnSecret: values.CALLREEL_TURN_SECRET,
      turnTtlSeconds: values.CALLREEL_TURN_TTL_SECONDS,
    },
    timeZone: values.CALLREEL_TIME_ZONE,
    retentionDays: values.CALLREEL_RETENTION_DAYS,
    bootstrap: values.CALLREEL_BOOTSTRAP,
    logLevel: values.CALLREEL_LOG_LEVEL,
    corsOrigins: values.CALLREEL_CORS_ORIGINS ?? [],
    rates: values.CALLREEL_RATES,
    trustedProxies: values.CALLREEL_TRUSTED_PROXIES ?? [],
    metricsToken: values.CALLREEL_METRICS_TOKEN,
  };
};

/** The settings as they may be logged. */
export const describeConfig = (config: Config): Record<string, unknown> => ({
  ...config,
  databaseUrl: config.databaseUrl && maskSecrets(config.databaseUrl),
  metricsToken: config.metricsToken && '***',
  ice: { ...config.ice, turnSecret: config.ice.turnSecret && '***' },
  bootstrap: config.bootstrap && { ...config.bootstrap, clientSecret: '***' },
  rates: { ...config.rates, apps: Object.fromEntries(config.rates.apps) },
});

/** What a child process gets of our environment: no setting of ours and no secret, and what is added for it. */
export const childEnvironment = (added: Record<string, string> = {}): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(([name]) => !/^(CALLREEL_|DATABASE_URL$|PG[A-Z]+$)/.test(name));
  return { ...Object.fromEntries(kept), ...added };
};
