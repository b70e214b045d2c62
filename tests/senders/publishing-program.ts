/** A program that publishes and ends by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const LIMIT_MS = 60_000;

/** Where a sender publishes to. */
export type WhipTarget = { whipUrl: string; token: string };

/** Resolves when it ended well. Throws, with what it printed, where it did not, and where a line says `error:`. */
export const runToEnd = async (command: string, args: readonly string[]): Promise<void> => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0 || /^error:/m.test(stdout)) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
};
