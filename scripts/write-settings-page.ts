/** `node scripts/write-settings-page.ts`: makes docs/settings.md from the schema of the settings. Run it when that changes. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { listSettings } from '../packages/server/src/base/config.ts';

export const SETTINGS_PAGE = fileURLToPath(new URL('../docs/settings.md', import.meta.url));

const INTRODUCTION = `<!-- Made by scripts/write-settings-page.ts from packages/server/src/base/config.ts: change it there. -->

# Settings

All are environment variables, read once at the start. An empty one counts as not set. A wrong one, and a name that begins with
\`CALLREEL_\` and is not in this table, stops the start, with every problem in one message. The log's first line shows what holds,
with secrets masked. \`callreel doctor\` checks whether the machine bears them out.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const row = ({ name, form, description, ...setting }: ReturnType<typeof listSettings>[number]): string => {
  const unset = 'default' in setting ? `\`${setting.default}\`` : setting.otherwise;
  const secret = setting.secret ? '. A secret: it is shown nowhere' : '';
  return `| ${[`\`${name}\``, form.wants, unset, description + secret].map(cell).join(' | ')} |`;
};

/** The whole page. */
export const settingsPage = (): string =>
  [INTRODUCTION, '| name | takes | without it | what |', '|---|---|---|---|', ...listSettings().map(row), ''].join(
    '\n',
  );

if (import.meta.main) writeFileSync(SETTINGS_PAGE, settingsPage());
