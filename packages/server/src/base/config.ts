/** The service's settings: environment variables, read once at the start. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { type AppName, isReservedApp, type OrgName, parseAppName, parseOrgName } from '@callreel/contract/ids.ts';
import { LOG_LEVELS, type LogLevel, maskSecrets } from './log.ts';

/** The app to make on start where it is absent. */
export type Bootstrap = { org: OrgName; app: AppName; clientId: string; clientSecret: string };

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
  /** The IP address to announce, where it is another than the bound one. */
  rtcAddress: string | undefined;
  /** IANA name; times in the vendor's calls are shown in it. */
  timeZone: string;
  retentionDays: number;
  bootstrap: Bootstrap | undefined;
  logLevel: LogLevel;
  corsOrigins: string[];
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

type Setting<Value> = { wants: string; parse: (text: string) => Value | undefined };

const integer = (lowest: number, highest: number): Setting<number> => ({
  wants: `a whole number from ${lowest} to ${highest}`,
  parse: (text) => (/^\d{1,9}$/.test(text) && +text >= lowest && +text <= highest ? +text : undefined),
});

const text: Setting<string> = { wants: 'some text', parse: (given) => given };

const parseUrl = (given: string): URL | undefined => (URL.canParse(given) ? new URL(given) : undefined);

const publicUrl: Setting<string> = {
  wants: 'an http or https URL without user, query or fragment, such as https://calls.example.com',
  parse: (given) => {
    const url = parseUrl(given);
    if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
    if (url.username || url.password || /[?#]/.test(given)) return undefined;
    return url.href.replace(/\/+$/, '');
  },
};

const databaseUrl: Setting<string> = {
  wants: 'a URL such as postgres://user:password@host:5432/database',
  parse: (given) => (/^postgres(ql)?:$/.test(parseUrl(given)?.protocol ?? '') ? given : undefined),
};

const address: Setting<string> = { wants: 'an IP address', parse: (given) => (isIP(given) ? given : undefined) };

const timeZone: Setting<string> = {
  wants: 'the IANA name of a time zone, such as Asia/Shanghai',
  parse: (given) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions().timeZone;
    } catch {
      return undefined;
    }
  },
};

const bootstrap: Setting<Bootstrap> = {
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

const logLevel: Setting<LogLevel> = {
  wants: `one of ${LOG_LEVELS.join(', ')}`,
  parse: (given) => LOG_LEVELS.find((level) => level === given),
};

const isOrigin = (given: string): boolean => {
  const url = parseUrl(given);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.origin === given;
};

const origins: Setting<string[]> = {
  wants: 'origins divided by commas, such as https://app.example.com,http://localhost:3000',
  parse: (given) => {
    const list = given.split(',').map((origin) => origin.trim());
    return list.every(isOrigin) ? list : undefined;
  },
};

const SETTINGS = {
  CALLREEL_HOST: text,
  CALLREEL_PORT: integer(0, 65_535),
  CALLREEL_PUBLIC_URL: publicUrl,
  CALLREEL_TLS_CERT: text,
  CALLREEL_TLS_KEY: text,
  CALLREEL_DATA_DIR: text,
  DATABASE_URL: databaseUrl,
  CALLREEL_MEDIA_PROCESSES: integer(1, 64),
  CALLREEL_RTC_PORT: integer(0, 65_535),
  CALLREEL_RTC_ADDRESS: address,
  CALLREEL_TIME_ZONE: timeZone,
  CALLREEL_RETENTION_DAYS: integer(1, 36_500),
  CALLREEL_BOOTSTRAP: bootstrap,
  CALLREEL_LOG_LEVEL: logLevel,
  CALLREEL_CORS_ORIGINS: origins,
} as const;

type SettingName = keyof typeof SETTINGS;
type SettingValue<Name extends SettingName> = NonNullable<ReturnType<(typeof SETTINGS)[Name]['parse']>>;
type SettingValues = { [Name in SettingName]: SettingValue<Name> | undefined };

const SECRET_SETTINGS: ReadonlySet<string> = new Set<SettingName>(['DATABASE_URL', 'CALLREEL_BOOTSTRAP']);

const readSettings = (env: NodeJS.ProcessEnv, problems: string[]): SettingValues => {
  const entries = Object.entries(SETTINGS).map(([name, setting]) => {
    // An empty value is how many tools pass on a variable that is not set.
    const given = env[name] || undefined;
    const value = given === undefined ? undefined : setting.parse(given);
    if (given !== undefined && value === undefined) {
      const shown = SECRET_SETTINGS.has(name) ? '' : ` (it is '${given}')`;
      problems.push(`${name} must be ${setting.wants}${shown}`);
    }
    return [name, value];
  });
  return Object.fromEntries(entries) as SettingValues;
};

const checkTogether = (values: SettingValues, problems: string[]): void => {
  if ((values.CALLREEL_TLS_CERT === undefined) !== (values.CALLREEL_TLS_KEY === undefined)) {
    problems.push('CALLREEL_TLS_CERT and CALLREEL_TLS_KEY must be set both or neither');
  }
  const lastPort = (values.CALLREEL_RTC_PORT ?? DEFAULT_RTC_PORT) + (values.CALLREEL_MEDIA_PROCESSES ?? 1) - 1;
  if (lastPort > 65_535) {
    problems.push('CALLREEL_RTC_PORT must leave a port up to 65535 for each of CALLREEL_MEDIA_PROCESSES');
  }
};

const DEFAULT_RTC_PORT = 8081;

/** Throws a ConfigError that lists all problems: values of a wrong form, settings that do not fit together, unknown names. */
export const readConfig = (env: NodeJS.ProcessEnv): Config => {
  const problems = Object.keys(env)
    .filter((name) => name.startsWith('CALLREEL_') && !Object.hasOwn(SETTINGS, name))
    .map((name) => `${name} is not a setting of this version`);
  const values = readSettings(env, problems);
  checkTogether(values, problems);
  if (problems.length > 0) throw ConfigError.invalid(problems);
  const { CALLREEL_TLS_CERT: certPath, CALLREEL_TLS_KEY: keyPath } = values;
  return {
    host: values.CALLREEL_HOST ?? '127.0.0.1',
    port: values.CALLREEL_PORT ?? 8080,
    publicUrl: values.CALLREEL_PUBLIC_URL,
    tls: certPath !== undefined && keyPath !== undefined ? { certPath, keyPath } : undefined,
    dataDir: resolve(values.CALLREEL_DATA_DIR ?? 'data'),
    databaseUrl: values.DATABASE_URL,
    mediaProcesses: values.CALLREEL_MEDIA_PROCESSES ?? 1,
    rtcPort: values.CALLREEL_RTC_PORT ?? DEFAULT_RTC_PORT,
    rtcAddress: values.CALLREEL_RTC_ADDRESS,
    timeZone: values.CALLREEL_TIME_ZONE ?? 'Asia/Shanghai',
    retentionDays: values.CALLREEL_RETENTION_DAYS ?? 30,
    bootstrap: values.CALLREEL_BOOTSTRAP,
    logLevel: values.CALLREEL_LOG_LEVEL ?? 'info',
    corsOrigins: values.CALLREEL_CORS_ORIGINS ?? [],
  };
};

/** The settings as they may be logged. */
export const describeConfig = (config: Config): Record<string, unknown> => ({
  ...config,
  databaseUrl: config.databaseUrl && maskSecrets(config.databaseUrl),
  bootstrap: config.bootstrap && { ...config.bootstrap, clientSecret: '***' },
});

/** What a child process gets of our environment: no setting of ours and no secret, and what is added for it. */
export const childEnvironment = (added: Record<string, string> = {}): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(([name]) => !/^(CALLREEL_|DATABASE_URL$|PG[A-Z]+$)/.test(name));
  return { ...Object.fromEntries(kept), ...added };
};
