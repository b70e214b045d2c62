/** What the person who starts the service reads. */
import type { App } from './app.ts';

/** Where to go, and the credentials that were made on the first start, which are shown this once. */
export const greet = ({ url, newCredentials }: App): string => {
  const lines = [`Callreel is ready at ${url}`];
  if (newCredentials) {
    const { org, app, clientId, clientSecret } = newCredentials;
    lines.push(
      '',
      'A first app was made. Its credentials are shown this once; keep them:',
      `  app            ${org}/${app}`,
      `  client_id      ${clientId}`,
      `  client_secret  ${clientSecret}`,
      '',
      `Open ${url} in a browser and sign in with them to hold a recorded call.`,
    );
  }
  return `${lines.join('\n')}\n`;
};

/** What to do about the failures of a start that come straight from the system. */
const SYSTEM_ADVICE: Record<string, string> = {
  EADDRINUSE: 'another program has this port: stop it, or set CALLREEL_PORT',
  EADDRNOTAVAIL: 'this machine has no such address: set CALLREEL_HOST',
  EACCES: 'this user may not: choose a port above 1023 (CALLREEL_PORT) and a folder of its own (CALLREEL_DATA_DIR)',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only: set CALLREEL_DATA_DIR',
  EEXIST: 'set CALLREEL_DATA_DIR to a folder',
  ENOTDIR: 'set CALLREEL_DATA_DIR to a folder',
  ENOTFOUND: 'no such name is known here: set CALLREEL_HOST to an address of this machine',
  EAI_AGAIN: 'names cannot be looked up here: set CALLREEL_HOST to an address of this machine',
};

/** What lies behind an error, each thing said once. */
const causesOf = (error: Error): Error[] => {
  const causes: Error[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    if (cause.message !== (causes.at(-1) ?? error).message) causes.push(cause);
  }
  return causes;
};

/** Of an error that came over a process's edge only the words are left. */
const systemCodeOf = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : /\bE[A-Z]{3,}\b/.exec(error.message)?.[0];

/** What is wrong, in words; the stack is kept for faults that nobody foresaw. */
export const explainFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return `Callreel cannot go on: ${String(error)}`;
  const lines = [`Callreel cannot go on: ${error.message}`];
  const advice = SYSTEM_ADVICE[systemCodeOf(error) ?? ''];
  lines.push(...causesOf(error).map(({ message }) => `  because: ${message}`));
  if (advice !== undefined) lines.push(`  ${advice}`);
  if (advice === undefined && !('reason' in error)) lines.push(error.stack ?? '');
  return lines.join('\n');
};
