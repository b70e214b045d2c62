/** Users as the vendor's calls name them: `user1`, or with their app, `org#app_user1`. */
import { parseUserName, type UserName } from '@callreel/contract/ids.ts';
import type { AppRecord } from '../store/rows.ts';

type AppNames = Pick<AppRecord, 'org' | 'name'>;

export const ownerOf = ({ org, name }: AppNames): string => `${org}#${name}`;

export const fullUserName = (app: AppNames, userName: UserName): string => `${ownerOf(app)}_${userName}`;

/** Takes both forms; undefined where the text is neither, or names another app's user. */
export const readUserName = (app: AppNames, text: string): UserName | undefined => {
  if (!text.includes('#')) return parseUserName(text);
  const prefix = `${ownerOf(app)}_`;
  const ofThisApp = text.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase();
  return ofThisApp ? parseUserName(text.slice(prefix.length)) : undefined;
};
