/** Names as they stand on a command line. */
import {
  type AppName,
  isReservedApp,
  type OrgName,
  parseAppName,
  parseOrgName,
  parseUserName,
  type UserName,
} from '@callreel/contract/ids.ts';
import type { AppRecord } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { CliError } from './cli-error.ts';

const NAME_FORM = '1 to 64 letters, digits, dots, dashes or underscores';

/** `org/app` or `org#app`. Throws CliError 'usage'. */
export const parseApp = (given: string): { org: OrgName; name: AppName } => {
  const [orgText = '', appText = '', ...more] = given.split(/[/#]/);
  const [org, name] = [parseOrgName(orgText), parseAppName(appText)];
  if (org === undefined || name === undefined || more.length > 0 || isReservedApp(org, name)) {
    throw CliError.usage(`'${given}' must be org/app, each ${NAME_FORM}, and an org that our own paths do not use`);
  }
  return { org, name };
};

/** Throws CliError 'usage'. */
export const parseUser = (given: string): UserName => {
  const name = parseUserName(given);
  if (name === undefined) throw CliError.usage(`'${given}' must be a user's name, ${NAME_FORM}`);
  return name;
};

/** Throws CliError 'missing'. */
export const findApp = async (store: Store, { org, name }: { org: OrgName; name: AppName }): Promise<AppRecord> => {
  const app = await store.apps.find(org, name);
  if (app === undefined) throw CliError.missing(`app ${org}/${name}`);
  return app;
};

/** Whole, written in digits alone. Throws CliError 'usage'. */
export const parseWhole = (given: string, option: string, lowest: number, highest: number): number => {
  const value = /^\d{1,10}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw CliError.usage(`${option} must be a whole number from ${lowest} to ${highest}`);
};
