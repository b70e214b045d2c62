/** One command line from its words to what is printed. */
import { readFileSync } from 'node:fs';
import { readConfig } from '../base/config.ts';
import { nearMiss } from '../base/near-miss.ts';
import { CliError, EXIT_CODES } from './cli-error.ts';
import { type Command, type CommandLine, parseLine } from './command.ts';
import { COMMANDS } from './commands.ts';
import { failureOf } from './failure.ts';
import { helpOf, overview } from './help.ts';

export type Printed = { stdout: string; stderr: string; exitCode: number };

/** Never rejects. A command that goes on, as `serve` does, prints by itself. */
export const run = async (words: readonly string[], env: NodeJS.ProcessEnv): Promise<Printed> => {
  try {
    return await answer(words, env);
  } catch (error) {
    const { exitCode, reason, message } = failureOf(error);
    const text = words.includes('--json') ? JSON.stringify({ error: { reason, message } }) : `callreel: ${message}`;
    return { stdout: '', stderr: `${text}\n`, exitCode };
  }
};

const printed = (stdout: string, exitCode = 0): Printed => ({ stdout, stderr: '', exitCode });

const answer = async (words: readonly string[], env: NodeJS.ProcessEnv): Promise<Printed> => {
  // Nothing was asked for: that is no success of a script's line.
  if (words.length === 0) return { stdout: '', stderr: overview(COMMANDS), exitCode: EXIT_CODES.usage };
  const general = answerInGeneral(words);
  if (general !== undefined) return printed(general);
  const command = findCommand(words);
  const line = parseLine(command, words.slice(wordsIn(command)));
  return line.wantsHelp ? printed(helpOf(command)) : await runCommand(command, line, env);
};

const runCommand = async (command: Command, line: CommandLine, env: NodeJS.ProcessEnv): Promise<Printed> => {
  const outcome = await command.run({ ...line.call, env, readSettings: () => readConfig(env) });
  if (outcome === undefined) return printed('');
  return printed(line.wantsJson ? `${JSON.stringify(outcome.json, null, 2)}\n` : outcome.text, outcome.exitCode);
};

const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h' || word === 'help';

/** `callreel --help`, `callreel app`, `callreel --version`: undefined for anything else. */
const answerInGeneral = ([first, second, ...rest]: readonly string[]): string | undefined => {
  if (first === '--version') return `${version()}\n`;
  if (isHelp(first)) return overview(COMMANDS);
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  const asks = (second === undefined || isHelp(second)) && rest.length === 0;
  return group.length > 0 && asks ? overview(group) : undefined;
};

const wordsIn = ({ name }: Command): number => name.split(' ').length;

const findCommand = (words: readonly string[]): Command => {
  const found = COMMANDS.find((command) => words.slice(0, wordsIn(command)).join(' ') === command.name);
  if (found) return found;
  if (words[0]?.startsWith('-')) throw CliError.usage(`there is no option ${words[0]}: see 'callreel --help'`);
  const given = words.slice(0, 2).filter((word) => !word.startsWith('-'));
  const names = COMMANDS.map(({ name }) => name);
  const near = nearMiss(given.join(' '), names) ?? nearMiss(given[0] ?? '', names);
  const advice = near === undefined ? "see 'callreel --help'" : `did you mean '${near}'?`;
  throw CliError.usage(`there is no command '${given.join(' ')}': ${advice}`);
};
