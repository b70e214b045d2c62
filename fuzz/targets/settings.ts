/** Settings, as an operator may get them wrong. */
import { strict as assert } from 'node:assert';
import { ConfigError, listSettings, readConfig } from '@callreel/server/base/config.ts';
import fc from 'fast-check';
import { textLike } from '../mutated.ts';
import { type FuzzTarget, target, unlessRefused } from '../target.ts';

const NAMES = [...listSettings().map(({ name }) => name), 'CALLREEL_NO_SUCH', '__proto__', 'PATH'];
const VALUES = [
  ...listSettings().flatMap((setting) => ('default' in setting ? [setting.default] : [])),
  'acme/meet:id:secret',
  'postgres://user:password@host:5432/database',
  'https://calls.example.com/a/',
  'https://app.example.com,http://localhost:3000',
  '127.0.0.1,10.0.0.0/8',
  'retrieval=100,acme/meet:files=5',
  '2001:db8::1',
  'turn:turn.example.com:3478?transport=udp,stun:[2001:db8::1]',
];

const environments = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), textLike(VALUES)), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries));

const checkConfig = (env: Record<string, string>): void => {
  const config = unlessRefused(ConfigError, () => readConfig(env));
  if (config === undefined) return;
  assert.ok(config.port >= 0 && config.port <= 65_535 && config.mediaProcesses >= 1);
};

export const SETTINGS_TARGETS: FuzzTarget[] = [target('settings: an environment', environments, checkConfig)];
