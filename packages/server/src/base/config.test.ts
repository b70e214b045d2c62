import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, ConfigError, describeConfig, listSettings, readConfig } from './config.ts';
import { DEFAULT_RATES_TEXT, rates } from './rates.ts';

const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    for (const problem of error.problems) assert.ok(error.message.includes(problem));
    return error.problems;
  }
};

const defaultRates = rates.parse(DEFAULT_RATES_TEXT);
assert.ok(defaultRates);

const defaults: Config = {
  host: '127.0.0.1',
  port: 8080,
  publicUrl: undefined,
  tls: undefined,
  dataDir: `${process.cwd()}/data`,
  databaseUrl: undefined,
  mediaProcesses: 1,
  rtcPort: 8081,
  rtcAddresses: [],
  ice: { urls: [], turnSecret: undefined, turnTtlSeconds: 86_400 },
  timeZone: 'Asia/Shanghai',
  retentionDays: 30,
  bootstrap: undefined,
  logLevel: 'info',
  corsOrigins: [],
  rates: defaultRates,
  trustedProxies: [],
  metricsToken: undefined,
};

test('without any setting, and with empty ones, the defaults hold', () => {
  assert.deepEqual(readConfig({}), defaults);
  assert.deepEqual(readConfig({ CALLREEL_HOST: '', DATABASE_URL: '', PATH: '/bin' }), defaults);
});

test('every setting is taken', () => {
  const config = readConfig({
    CALLREEL_HOST: '0.0.0.0',
    CALLREEL_PORT: '0',
    CALLREEL_PUBLIC_URL: 'https://calls.example.com/',
    CALLREEL_TLS_CERT: '/cert.pem',
    CALLREEL_TLS_KEY: '/key.pem',
    CALLREEL_DATA_DIR: '/var/lib/callreel',
    DATABASE_URL: 'postgres://user:password@host:5432/database',
    CALLREEL_MEDIA_PROCESSES: '2',
    CALLREEL_RTC_PORT: '9000',
    CALLREEL_RTC_ADDRESS: '203.0.113.7, 2001:db8::7,203.0.113.7',
    CALLREEL_ICE_SERVERS: 'stun:turn.example.com,turn:turn.example.com?transport=tcp',
    CALLREEL_TURN_SECRET: 'north-wind-and-sun',
    CALLREEL_TURN_TTL_SECONDS: '3600',
    CALLREEL_TIME_ZONE: 'Europe/Berlin',
    CALLREEL_RETENTION_DAYS: '7',
    CALLREEL_BOOTSTRAP: 'acme/calls:YXA6id:a:secret/with:colons',
    CALLREEL_LOG_LEVEL: 'debug',
    CALLREEL_CORS_ORIGINS: 'https://a.example.com, http://localhost:3000',
  });
  assert.deepEqual(config, {
    ...defaults,
    host: '0.0.0.0',
    port: 0,
    publicUrl: 'https://calls.example.com',
    tls: { certPath: '/cert.pem', keyPath: '/key.pem' },
    dataDir: '/var/lib/callreel',
    databaseUrl: 'postgres://user:password@host:5432/database',
    mediaProcesses: 2,
    rtcPort: 9000,
    rtcAddresses: ['203.0.113.7', '2001:db8::7'],
    ice: {
      urls: ['stun:turn.example.com', 'turn:turn.example.com?transport=tcp'],
      turnSecret: 'north-wind-and-sun',
      turnTtlSeconds: 3600,
    },
    timeZone: 'Europe/Berlin',
    retentionDays: 7,
    bootstrap: { org: 'acme', app: 'calls', clientId: 'YXA6id', clientSecret: 'a:secret/with:colons' },
    logLevel: 'debug',
    corsOrigins: ['https://a.example.com', 'http://localhost:3000'],
  });
});

test('all problems come in one message, each naming its variable and what it wants', () => {
  const problems = problemsOf({
    CALLREEL_PORT: '70000',
    CALLREEL_TLS_CERT: '/cert.pem',
    CALLREEL_TIME_ZONE: 'Mars/Olympus',
    CALLREEL_PROT: '8080',
  });
  assert.deepEqual(problems, [
    'CALLREEL_PROT is not a setting of this version: did you mean CALLREEL_PORT?',
    "CALLREEL_PORT must be a whole number from 0 to 65535 (it is '70000')",
    "CALLREEL_TIME_ZONE must be the IANA name of a time zone, such as Asia/Shanghai (it is 'Mars/Olympus')",
    'CALLREEL_TLS_CERT and CALLREEL_TLS_KEY must be set both or neither',
  ]);
});

const WRONG: [string, string[]][] = [
  ['CALLREEL_PORT', ['-1', '1.5', 'http', '1e3', ' 80']],
  ['CALLREEL_PUBLIC_URL', ['example.com', 'ftp://a.b', 'https://u:p@a.b', 'https://a.b/?q', 'https://a.b/#f']],
  ['DATABASE_URL', ['mysql://host/db', 'host']],
  ['CALLREEL_MEDIA_PROCESSES', ['0', '65']],
  ['CALLREEL_RTC_ADDRESS', ['example.com', '1.2.3', '1.2.3.4:5', '1.2.3.4,', '[2001:db8::1]', 'fe80::1%eth0']],
  ['CALLREEL_ICE_SERVERS', ['turn.example.com', 'turn:a b', 'turn:a.example.com,,stun:b.example.com']],
  ['CALLREEL_TURN_SECRET', ['short', 'with a space in it']],
  ['CALLREEL_TURN_TTL_SECONDS', ['0', '59', '604801', '1h']],
  ['CALLREEL_RETENTION_DAYS', ['0', 'thirty']],
  ['CALLREEL_BOOTSTRAP', ['acme', 'acme/calls', 'acme/calls:id', 'acme/calls:id:', 'v1/calls:id:secret', 'a b/c:id:s']],
  ['CALLREEL_LOG_LEVEL', ['loud']],
  ['CALLREEL_METRICS_TOKEN', ['short', 'with a space in it', 'ünfit-for-a-header-field']],
  ['CALLREEL_CORS_ORIGINS', ['*', 'https://a.example.com/path', 'https://a.example.com,,']],
];

test('values of a wrong form are refused', () => {
  for (const [name, values] of WRONG) {
    for (const value of values) {
      const problems = problemsOf({ [name]: value });
      assert.equal(problems.length, 1, `${name}=${value}`);
      assert.ok(problems[0]?.startsWith(`${name} must be `));
    }
  }
});

test('media processes past the last port are refused', () => {
  const problems = problemsOf({ CALLREEL_RTC_PORT: '65534', CALLREEL_MEDIA_PROCESSES: '3' });
  assert.match(problems[0] ?? '', /^CALLREEL_RTC_PORT /);
  assert.deepEqual(problemsOf({ CALLREEL_RTC_PORT: '65534', CALLREEL_MEDIA_PROCESSES: '2' }), []);
});

test('TURN servers without their secret, and the secret without a TURN server', () => {
  const alone = { CALLREEL_TURN_SECRET: 'north-wind-and-sun' };
  const wanted =
    'CALLREEL_TURN_SECRET must be set where CALLREEL_ICE_SERVERS has a turn: or turns: URL, and only there';
  assert.deepEqual(problemsOf(alone), [wanted]);
  assert.deepEqual(problemsOf({ ...alone, CALLREEL_ICE_SERVERS: 'stun:a.example.com' }), [wanted]);
  assert.deepEqual(problemsOf({ CALLREEL_ICE_SERVERS: 'turns:a.example.com' }), [wanted]);
  assert.deepEqual(problemsOf({ CALLREEL_ICE_SERVERS: 'stun:a.example.com' }), []);
});

test('secrets are neither in a problem nor in what is logged', () => {
  const problems = problemsOf({ DATABASE_URL: 'mysql://user:hidden@host', CALLREEL_BOOTSTRAP: 'v1/a:id:hidden' });
  assert.equal(problems.length, 2);
  assert.equal(problems.join().includes('hidden'), false);
  const config = readConfig({ DATABASE_URL: 'postgres://user:hidden@host/db', CALLREEL_BOOTSTRAP: 'o/a:id:hidden' });
  assert.equal(JSON.stringify(describeConfig(config)).includes('hidden'), false);
  assert.equal(describeConfig(config).databaseUrl, 'postgres://user:***@host/db');
});

test('what is secret in the schema is masked in what is logged', () => {
  const samples: Record<string, string> = {
    DATABASE_URL: 'postgres://user:hidden@host/db?password=hidden',
    CALLREEL_BOOTSTRAP: 'o/a:id:hidden',
    CALLREEL_METRICS_TOKEN: 'hidden-0123456789',
    CALLREEL_TURN_SECRET: 'hidden-0123456789',
  };
  // Some are taken only together with another.
  const others = { CALLREEL_ICE_SERVERS: 'turn:turn.example.com', CALLREEL_TURN_SECRET: 'not-this-one-0123' };
  for (const { name, secret } of listSettings()) {
    if (!secret) continue;
    const sample = samples[name];
    assert.ok(sample, `a sample of ${name} with 'hidden' in it is wanted here`);
    assert.equal(
      JSON.stringify(describeConfig(readConfig({ ...others, [name]: sample }))).includes('hidden'),
      false,
      name,
    );
  }
});

test('every setting is described, and every default is of the form that it is to have', () => {
  for (const { name, form, description, ...setting } of listSettings()) {
    assert.notEqual(description, '', name);
    if ('default' in setting) assert.notEqual(form.parse(setting.default), undefined, name);
  }
});

test('a misspelt name is told what it is near to', () => {
  assert.match(problemsOf({ CALLREEL_DATABASE_URL: 'x' })[0] ?? '', /did you mean DATABASE_URL\?$/);
  assert.match(problemsOf({ CALLREEL_RTCPORT: '1' })[0] ?? '', /did you mean CALLREEL_RTC_PORT\?$/);
  assert.match(problemsOf({ CALLREEL_SOMETHING_ELSE: '1' })[0] ?? '', /is not a setting of this version$/);
});
