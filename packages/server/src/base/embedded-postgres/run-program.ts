/** Runs one of PostgreSQL's programs to its end. */
import { spawn } from 'node:child_process';
import { childEnvironment } from '../config.ts';
import type { RunAs } from './run-as.ts';

export type Outcome = { succeeded: boolean; output: string };

/** Resolves also where it fails or cannot be started; `output` then says why. */
export const runProgram = (path: string, args: string[], options: { cwd: string; runAs: RunAs }): Promise<Outcome> => {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = spawn(path, args, {
    ...options.runAs,
    cwd: options.cwd,
    env: childEnvironment({ LC_ALL: 'C' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.on('error', (error) => resolve({ succeeded: false, output: error.message }));
  child.on('close', (code) => resolve({ succeeded: code === 0, output }));
  return promise;
};
