#!/usr/bin/env node
/**
 * The command `callreel`. Whatever Node starts it (20 or later), it goes on in the Node that came with the installation, the only one
 * sure to run .ts files as they are.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** node:sqlite, which locks folders, announces itself as experimental. */
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning'];
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

const findNode = () => {
  const require = createRequire(import.meta.url);
  const packagePath = require.resolve('node/package.json');
  return join(dirname(packagePath), require(packagePath).bin.node);
};

/** Where this process cannot become another, it stands before it: signals go in, the exit comes out. */
const runBefore = (node, args) => {
  const child = spawn(node, args, { stdio: 'inherit' });
  child.on('error', fail);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    // A terminal sends Ctrl-C to both of us, and a second one would cut the service's stop short.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
};

const fail = (error) => {
  process.stderr.write(`callreel: the Node that belongs to it cannot be run: ${error.message}\n  run: npm ci\n`);
  process.exitCode = 1;
};

try {
  const node = findNode();
  const args = [...NODE_OPTIONS, MAIN, ...process.argv.slice(2)];
  if (process.execve && process.platform !== 'win32') process.execve(node, [node, ...args], process.env);
  else runBefore(node, args);
} catch (error) {
  fail(error);
}
