/** Secrets come by standard input, never by the command line: that stands in the list of processes and in the shell's history. */
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from './cli-error.ts';

export const makeClientId = (): string => randomBytes(12).toString('hex');

/** 256 random bits. */
export const makeSecret = (): string => randomBytes(32).toString('base64url');

/** As the store keeps client secrets. */
export const hashSecret = (secret: string): Uint8Array => createHash('sha256').update(secret).digest();

/** The first line of standard input; typed at a terminal, it is asked for and not shown. Throws CliError 'usage' where it is empty. */
export const readSecret = async (prompt: string): Promise<string> => {
  const asks = process.stdin.isTTY;
  if (asks) process.stderr.write(`${prompt}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: asks });
  lines.on('SIGINT', () => process.exit(130));
  try {
    for await (const line of lines) {
      if (line === '') break;
      return line;
    }
  } finally {
    lines.close();
    if (asks) process.stderr.write('\n');
  }
  throw CliError.noSecret(prompt);
};
