/** The command line, as a person or a script uses it: a process for each command. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../packages/server/bin/callreel.js', import.meta.url));

export type CommandResult = { code: number | null; stdout: string; stderr: string };

export type CommandOptions = {
  /** `CALLREEL_*` and `DATABASE_URL`; none is taken over from the test's own surroundings. */
  settings?: Readonly<Record<string, string>>;
  /** Standard input; closed at once without it. */
  input?: string;
  /** For the Node that starts it. */
  nodeArgs?: readonly string[];
};

const surroundings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CALLREEL_.*|DATABASE_URL|NODE_TEST_CONTEXT)$/.test(name)),
  );

export const startCallreel = (args: readonly string[], { settings, nodeArgs = [] }: CommandOptions = {}) =>
  spawn(process.execPath, [...nodeArgs, BIN, ...args], {
    env: { ...surroundings(), ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  });

/** Runs a command to its end. */
export const callreel = async (args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> => {
  const child = startCallreel(args, options);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
};
