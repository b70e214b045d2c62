import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Guesses } from './guesses.ts';

const time = { ms: 0 };
let guesses: Guesses;

beforeEach(() => {
  time.ms = 0;
  guesses = new Guesses(() => time.ms);
});

class WrongError extends Error {}

const attempt = async (account: string, address: string, isRight: boolean): Promise<'right' | 'wrong' | 'tooMany'> => {
  const make = async () => {
    if (!isRight) throw new WrongError();
  };
  try {
    const outcome = await guesses.attempt({ account, address }, make, (error) => error instanceof WrongError);
    return outcome.kind === 'tried' ? 'right' : 'tooMany';
  } catch {
    return 'wrong';
  }
};

const guessUntilRefused = async (account: string, address: (turn: number) => string): Promise<number> => {
  for (let turn = 0; turn < 1000; turn += 1) {
    if ((await attempt(account, address(turn), false)) === 'tooMany') return turn;
  }
  return Number.POSITIVE_INFINITY;
};

test('guesses at one account are refused after some, from however many addresses they come', async () => {
  assert.equal(await guessUntilRefused('ann', (turn) => `10.0.0.${turn}`), 20);
  time.ms += 30_000;
  assert.equal(await guessUntilRefused('ann', () => '10.0.1.1'), 1);
});

test('guesses from one address are refused after some, at however many accounts they are', async () => {
  let refused = 0;
  for (let account = 0; account < 70; account += 1) {
    if ((await attempt(`user${account}`, '10.0.0.1', false)) === 'tooMany') refused += 1;
  }
  assert.equal(refused, 20);
});

test('an address that the account was signed in from before is not locked out by a stranger', async () => {
  assert.equal(await attempt('ann', '10.0.0.1', true), 'right');
  await guessUntilRefused('ann', (turn) => `10.0.1.${turn}`);
  assert.equal(await attempt('ann', '10.0.0.9', true), 'tooMany');
  assert.equal(await attempt('ann', '10.0.0.1', true), 'right');
  assert.equal(await guessUntilRefused('ann', () => '10.0.0.1'), 20);
});

test('right ones count nothing', async () => {
  for (let turn = 0; turn < 200; turn += 1) assert.equal(await attempt('ann', '10.0.0.1', true), 'right');
});

test('one that could not be judged counts nothing, and its error goes on', async () => {
  const failing = () => Promise.reject(new TypeError('no database'));
  for (let turn = 0; turn < 50; turn += 1) {
    await assert.rejects(
      guesses.attempt({ account: 'ann', address: '10.0.0.1' }, failing, (error) => error instanceof WrongError),
      TypeError,
    );
  }
  assert.equal(await attempt('ann', '10.0.0.2', false), 'wrong');
});

test('many at once are no way round', async () => {
  const turns = Array.from({ length: 50 }, () => attempt('ann', '10.0.0.1', false));
  const told = await Promise.all(turns);
  assert.equal(told.filter((each) => each === 'wrong').length, 20);
});
