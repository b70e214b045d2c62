import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig } from '../../base/config.ts';
import { makeCertificate, type TestCertificate } from './certificate-fixture.ts';
import type { Level } from './finding.ts';
import { checkTls } from './tls.ts';

const DAY_MS = 24 * 3600 * 1000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callreel-tls-'));
});

after(() => rm(folder, { recursive: true, force: true }));

const keyText = (key: KeyObject, passphrase?: string): string =>
  String(
    key.export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }),
    }),
  );

/** The levels with their texts, of what the doctor says about these. */
const check = async (certificate: string, key: string, publicUrl = '') => {
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certPath, certificate);
  await writeFile(keyPath, key);
  const config = readConfig({
    CALLREEL_TLS_CERT: certPath,
    CALLREEL_TLS_KEY: keyPath,
    CALLREEL_PUBLIC_URL: publicUrl,
  });
  return await checkTls({ config, servicePid: undefined });
};

const expectOne = async (given: TestCertificate, level: Level, text: RegExp): Promise<void> => {
  const seen = await check(given.certificate, keyText(given.privateKey));
  assert.equal(seen.length, 1);
  assert.equal(seen[0]?.level, level);
  assert.match(seen[0]?.text ?? '', text);
};

test('a good certificate is good, also for the host of the public URL', async () => {
  const { certificate, privateKey } = makeCertificate('calls.example.com', inDays(-1), inDays(90));
  const seen = await check(certificate, keyText(privateKey), 'https://calls.example.com');
  assert.deepEqual(
    seen.map(({ level }) => level),
    ['ok'],
  );
});

test('dates: expired, soon to expire, not yet good', async () => {
  await expectOne(makeCertificate('localhost', inDays(-90), inDays(-1)), 'problem', /expired at/);
  await expectOne(makeCertificate('localhost', inDays(-90), inDays(5.5)), 'warning', /expires in 5 days/);
  await expectOne(makeCertificate('localhost', inDays(1), inDays(90)), 'problem', /is good from/);
});

test('the key of another certificate', async () => {
  const { certificate } = makeCertificate('localhost', inDays(-1), inDays(90));
  const other = makeCertificate('localhost', inDays(-1), inDays(90));
  const seen = await check(certificate, keyText(other.privateKey));
  assert.match(seen.find(({ level }) => level === 'problem')?.text ?? '', /is not the key of/);
});

test('a key with a passphrase, and a file that is no PEM', async () => {
  const { certificate, privateKey } = makeCertificate('localhost', inDays(-1), inDays(90));
  for (const seen of [await check(certificate, keyText(privateKey, 'secret')), await check('nothing', 'nothing')]) {
    assert.match(seen.find(({ level }) => level === 'problem')?.text ?? '', /\.pem cannot be used/);
  }
});

test('a file that is not there', async () => {
  const config = readConfig({ CALLREEL_TLS_CERT: join(folder, 'none'), CALLREEL_TLS_KEY: join(folder, 'none') });
  const [seen] = await checkTls({ config, servicePid: undefined });
  assert.equal(seen?.level, 'problem');
  assert.match(seen?.text ?? '', /ENOENT/);
});

test('another host than that of the public URL', async () => {
  const { certificate, privateKey } = makeCertificate('localhost', inDays(-1), inDays(90));
  for (const url of ['https://calls.example.com', 'https://[2001:db8::1]']) {
    const seen = await check(certificate, keyText(privateKey), url);
    assert.match(seen.find(({ level }) => level === 'warning')?.text ?? '', /is not for/);
  }
});

test('without a certificate: right at home and behind a proxy, doubtful elsewhere', async () => {
  const levelOf = async (env: NodeJS.ProcessEnv) =>
    (await checkTls({ config: readConfig(env), servicePid: undefined }))[0]?.level;
  assert.equal(await levelOf({}), 'ok');
  assert.equal(await levelOf({ CALLREEL_HOST: '0.0.0.0' }), 'warning');
  assert.equal(await levelOf({ CALLREEL_HOST: '0.0.0.0', CALLREEL_PUBLIC_URL: 'https://calls.example.com' }), 'ok');
});
