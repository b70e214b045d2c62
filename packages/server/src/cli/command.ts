/** What a command is, and how its line is read. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Config } from '../base/config.ts';
import { nearMiss } from '../base/near-miss.ts';
import { CliError } from './cli-error.ts';

export type Flag = { type: 'boolean'; description: string } | { type: 'string'; takes: string; description: string };
export type FlagTable = Readonly<Record<string, Flag>>;

/** What to print: `json` where --json is given, else `text`. Undefined for a command that prints by itself. */
export type Outcome = { text: string; json: unknown; exitCode?: number } | undefined;

type FlagValues<Flags extends FlagTable> = {
  [Name in keyof Flags]?: Flags[Name] extends { type: 'boolean' } ? boolean : string;
};

export type Call<Flags extends FlagTable = FlagTable> = {
  /** As many as the command has. */
  args: readonly string[];
  flags: FlagValues<Flags>;
  /** Throws a ConfigError. */
  readSettings: () => Config;
  env: NodeJS.ProcessEnv;
};

export type Command<Flags extends FlagTable = FlagTable> = {
  /** `app create`. */
  name: string;
  summary: string;
  /** Names of the words that must follow. */
  args: readonly string[];
  flags: Flags;
  /** Further lines for its help. */
  details?: string;
  /** Throws; what it throws is told by failure.ts. */
  run: (call: Call<Flags>) => Promise<Outcome>;
};

/** Keeps the types of its flags for `run`, and forgets them for the list. */
export const defineCommand = <const Flags extends FlagTable>(command: Command<Flags>): Command =>
  command as unknown as Command;

export type CommandLine = { call: Pick<Call, 'args' | 'flags'>; wantsHelp: boolean; wantsJson: boolean };

const COMMON_FLAGS: FlagTable = {
  json: { type: 'boolean', description: 'print JSON' },
  help: { type: 'boolean', description: 'print this' },
};

/** Those of the command, and those that every one has. */
export const flagsOf = (command: Command): FlagTable => ({ ...command.flags, ...COMMON_FLAGS });

/** Reads what follows the command's name. Throws CliError 'usage'. */
export const parseLine = (command: Command, words: string[]): CommandLine => {
  const { positionals, values } = parseWords(command, words);
  const { json = false, help = false, ...flags } = values;
  if (!help && positionals.length !== command.args.length) {
    const wanted = command.args.length === 0 ? 'nothing' : command.args.join(' ');
    throw CliError.usage(`'${command.name}' wants ${wanted} after it`);
  }
  return { call: { args: positionals, flags: flags as FlagValues<FlagTable> }, wantsHelp: !!help, wantsJson: !!json };
};

const parseWords = (command: Command, words: string[]) => {
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(flagsOf(command)).map(([name, { type }]) => [
      name,
      name === 'help' ? { type, short: 'h' } : { type },
    ]),
  );
  try {
    return parseArgs({ args: words, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw CliError.usage(explain(error, options));
  }
};

/** Node's message says how to write a positional that begins with a dash, which none of ours does. */
const explain = (error: unknown, options: ParseArgsOptionsConfig): string => {
  const message = error instanceof Error ? error.message : String(error);
  const [, dashes, unknown] = /^Unknown option '(--?)([^']*)'/.exec(message) ?? [];
  if (unknown === undefined) return message;
  const near = nearMiss(unknown, Object.keys(options));
  return `there is no option ${dashes}${unknown}${near === undefined ? '' : `: did you mean --${near}?`}`;
};
