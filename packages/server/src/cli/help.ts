/** What --help prints. */
import { type Command, type Flag, flagsOf } from './command.ts';

const EXITS = `Exit codes: 0 done, 1 failed or a problem found, 2 wrong command line, 3 no such app or user or database,
4 exists already. Settings come from the environment: see docs/settings.md.`;

/** Two columns, the second at the same place in all rows. */
const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const flagRow = ([name, flag]: [string, Flag]): [string, string] => [
  `--${name}${flag.type === 'string' ? ` ${flag.takes}` : ''}`,
  flag.description,
];

/** How it is called: `callreel user create <org/app> <name>`. */
const usageOf = ({ name, args }: Command): string => ['callreel', name, ...args.map((arg) => `<${arg}>`)].join(' ');

export const helpOf = (command: Command): string =>
  [
    `${usageOf(command)} [options]`,
    '',
    `${command.summary}.`,
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    ...columns(Object.entries(flagsOf(command)).map(flagRow)),
    '',
    EXITS,
    '',
  ].join('\n');

/** Of all commands, or of those that begin with the same word. */
export const overview = (commands: readonly Command[]): string =>
  [
    'callreel <command> [options]',
    '',
    ...columns(commands.map((command) => [usageOf(command).replace('callreel ', ''), command.summary])),
    '',
    `'callreel <command> --help' tells more of one. 'callreel --version' prints the version.`,
    EXITS,
    '',
  ].join('\n');
