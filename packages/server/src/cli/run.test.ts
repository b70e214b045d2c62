import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { COMMANDS } from './commands.ts';
import { overview } from './help.ts';
import { run } from './run.ts';

const runWords = (words: string, env: NodeJS.ProcessEnv = {}) => run(words.split(' ').filter(Boolean), env);

test('help: of everything, of a group, of one command; and the version', async () => {
  for (const words of ['--help', '-h', 'help']) assert.equal((await runWords(words)).stdout, overview(COMMANDS));
  const group = await runWords('app');
  assert.match(group.stdout, /app create <org\/app>/);
  assert.doesNotMatch(group.stdout, /doctor/);
  assert.equal((await runWords('app --help')).stdout, group.stdout);
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.equal((await runWords('--version')).stdout, `${version}\n`);
});

test('every command has help, which names each of its options', async () => {
  for (const { name, summary, args, flags } of COMMANDS) {
    const { stdout, exitCode } = await runWords(`${name} --help`);
    assert.equal(exitCode, 0);
    assert.ok(stdout.startsWith(['callreel', name, ...args.map((arg) => `<${arg}>`)].join(' ')));
    for (const text of [summary, ...Object.keys(flags).map((flag) => `--${flag}`), '--json'])
      assert.ok(stdout.includes(text));
  }
});

const WRONG: [words: string, message: RegExp][] = [
  ['', /^callreel <command>/],
  ['doktor', /did you mean 'doctor'\?/],
  ['app lst', /did you mean 'app list'\?/],
  ['frobnicate', /there is no command 'frobnicate': see 'callreel --help'/],
  ['-v', /there is no option -v: see 'callreel --help'/],
  ['--jason app list', /there is no option --jason/],
  ['app set-retention acme/calls -1', /there is no option -1/],
  ['token acme/calls --tll 5', /there is no option --tll: did you mean --ttl\?/],
  ['token acme/calls --ttl', /--ttl/],
  ['token acme/calls --ttl 1.5', /--ttl must be a whole number from 0/],
  ['token acme/calls --ttl 99999999999', /--ttl must be a whole number from 0/],
  ['token acme/calls --user ann --ttl 0', /--ttl must be a whole number from 1/],
  ['app create', /'app create' wants org\/app after it/],
  ['app create acme/calls/more', /must be org\/app/],
  ['app create v1/calls', /must be org\/app/],
  ['app create easemob/rtc', /must be org\/app/],
  ['app create acme/calls --client-id a:b', /--client-id must be/],
  ['app create acme/calls --retention-days 0', /--retention-days must be a whole number/],
  ['app set-users-create acme/calls maybe', /'maybe' must be yes or no/],
  ['user delete acme/calls a%20b', /must be a user's name/],
  ['app list now', /'app list' wants nothing after it/],
];

test('a wrong command line is told in words, with exit code 2', async () => {
  for (const [words, message] of WRONG) {
    const { exitCode, stdout, stderr } = await runWords(words);
    assert.equal(exitCode, 2, words);
    assert.equal(stdout, '');
    assert.match(stderr, message);
  }
});

test('wrong settings stop a command, with all problems in one message; as JSON too', async () => {
  const env = { CALLREEL_PROT: '1', CALLREEL_TIME_ZONE: 'Mars' };
  const { exitCode, stderr } = await runWords('app list --json', env);
  assert.equal(exitCode, 1);
  const { error } = JSON.parse(stderr) as { error: { reason: string; message: string } };
  assert.equal(error.reason, 'settings');
  assert.match(error.message, /CALLREEL_PROT is not a setting[\s\S]*CALLREEL_TIME_ZONE must be/);
});

test('wrong settings are for the doctor to find; the machine is looked at all the same', async () => {
  const { exitCode, stdout } = await runWords('doctor', { CALLREEL_PROT: '1' });
  assert.equal(exitCode, 1);
  assert.match(stdout, /problem {2}settings: CALLREEL_PROT[\s\S]*ok {7}node: Node[\s\S]*\d problems?, /);
});

test('a database in the wrong folder is not made by asking for it', async () => {
  const { exitCode, stderr } = await runWords('token acme/calls', { CALLREEL_DATA_DIR: '/nonexistent/callreel' });
  assert.equal(exitCode, 3);
  assert.match(stderr, /there is no database in \/nonexistent\/callreel/);
});
