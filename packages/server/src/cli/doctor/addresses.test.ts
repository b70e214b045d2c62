import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../base/config.ts';
import { checkAddresses } from './addresses.ts';

const levelsOf = async (env: NodeJS.ProcessEnv): Promise<string[]> =>
  (await checkAddresses({ config: readConfig(env), servicePid: undefined })).map(({ level }) => level);

test('on this machine alone, all is as it should be', async () => {
  assert.deepEqual(await levelsOf({}), ['ok', 'ok']);
  assert.deepEqual(await levelsOf({ CALLREEL_HOST: 'localhost' }), ['ok', 'ok']);
});

test('links that no other machine can follow', async () => {
  const [url] = await levelsOf({ CALLREEL_HOST: '0.0.0.0' });
  assert.equal(url, 'warning');
  const [fixed] = await levelsOf({ CALLREEL_HOST: '0.0.0.0', CALLREEL_PUBLIC_URL: 'https://calls.example.com' });
  assert.equal(fixed, 'ok');
});

test('links whose signatures can be read on the way', async () => {
  assert.equal((await levelsOf({ CALLREEL_PUBLIC_URL: 'http://calls.example.com' }))[0], 'warning');
});

test('an address that is announced, and one where nothing is received', async () => {
  const RTC = { CALLREEL_RTC_ADDRESS: '203.0.113.7' };
  assert.equal((await levelsOf({ ...RTC, CALLREEL_HOST: '0.0.0.0' }))[1], 'ok');
  assert.equal((await levelsOf(RTC))[1], 'warning');
});

test('several addresses that are announced, and one of a family that is not received', async () => {
  const both = { CALLREEL_RTC_ADDRESS: '203.0.113.7,2001:db8::7' };
  assert.equal((await levelsOf({ ...both, CALLREEL_HOST: '::' }))[1], 'ok');
  assert.equal((await levelsOf({ ...both, CALLREEL_HOST: '0.0.0.0' }))[1], 'warning');
  assert.equal((await levelsOf({ ...both, CALLREEL_HOST: '2001:db8::7' }))[1], 'warning');
});
