import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openServer } from './open-server.ts';

test('a certificate that cannot be used is told by the name of its setting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callreel-tls-'));
  const text = join(folder, 'text.pem');
  const open = (certPath: string, keyPath: string) => () => openServer({ certPath, keyPath }, {}, () => {});
  try {
    await writeFile(text, 'hello');
    const missing = join(folder, 'missing.pem');
    assert.throws(open(missing, text), { reason: 'invalid', message: /CALLREEL_TLS_CERT must name a file .*ENOENT/ });
    assert.throws(open(text, missing), { reason: 'invalid', message: /CALLREEL_TLS_KEY must name a file .*ENOENT/ });
    assert.throws(open(text, text), { reason: 'invalid', message: /CALLREEL_TLS_CERT and CALLREEL_TLS_KEY must name/ });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
