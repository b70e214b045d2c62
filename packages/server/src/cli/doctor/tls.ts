/** Our own certificate, where there is one. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Config } from '../../base/config.ts';
import { isLoopback } from '../../base/loopback.ts';
import type { Circumstances } from './circumstances.ts';
import { ok, problem, type Seen, warning } from './finding.ts';

const DAY_MS = 24 * 3600 * 1000;
const RENEW_BEFORE_DAYS = 14;
const RENEW = 'get a new certificate, and restart';

export const checkTls = async ({ config }: Circumstances): Promise<Seen[]> => {
  if (config.tls === undefined) return [judgePlain(config)];
  const { certPath, keyPath } = config.tls;
  const certificate = await readPem(certPath, (pem) => new X509Certificate(pem));
  if ('level' in certificate) return [certificate];
  const key = await readPem(keyPath, (pem) => createPrivateKey(pem));
  const keySeen = 'level' in key ? [key] : judgeKey(certificate.checkPrivateKey(key), certPath, keyPath);
  return [judgeDates(certificate, certPath), ...keySeen, ...judgeName(certificate, certPath, config.publicUrl)];
};

const judgePlain = ({ host, publicUrl }: Config): Seen => {
  if (publicUrl?.startsWith('https:')) return ok('plain HTTP here, and HTTPS at the proxy of CALLREEL_PUBLIC_URL');
  if (isLoopback(host)) return ok('plain HTTP, for this machine alone');
  return warning(
    'plain HTTP: browsers give a camera to pages at HTTPS and at localhost only',
    'set CALLREEL_TLS_CERT and CALLREEL_TLS_KEY, or CALLREEL_PUBLIC_URL to the https URL of a proxy',
  );
};

const readPem = async <Result extends object>(path: string, parse: (pem: Buffer) => Result): Promise<Result | Seen> => {
  try {
    return parse(await readFile(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isUnread = code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR';
    return problem(
      `${path} cannot be used: ${isUnread ? code : message}`,
      'name a PEM file that this user may read, without a passphrase',
    );
  }
};

const judgeDates = ({ validFromDate, validToDate }: X509Certificate, path: string): Seen => {
  const nowMs = Date.now();
  const [from, to] = [validFromDate.toISOString(), validToDate.toISOString()];
  if (nowMs < validFromDate.getTime())
    return problem(`${path} is good from ${from} on`, 'set the clock right, or wait');
  if (nowMs > validToDate.getTime()) return problem(`${path} expired at ${to}`, RENEW);
  const daysLeft = Math.floor((validToDate.getTime() - nowMs) / DAY_MS);
  if (daysLeft < RENEW_BEFORE_DAYS) return warning(`${path} expires in ${daysLeft} days, at ${to}`, RENEW);
  return ok(`${path} is good until ${to}`);
};

const judgeKey = (matches: boolean, certPath: string, keyPath: string): Seen[] =>
  matches
    ? []
    : [problem(`${keyPath} is not the key of ${certPath}`, 'name the key that the certificate was made for')];

const judgeName = (certificate: X509Certificate, path: string, publicUrl: string | undefined): Seen[] => {
  if (publicUrl === undefined || !publicUrl.startsWith('https:')) return [];
  const name = new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, '$1');
  const covered = isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name);
  return covered
    ? []
    : [
        warning(
          `${path} is not for ${name}, the host of CALLREEL_PUBLIC_URL`,
          'right where a proxy stands before us; else get one for it',
        ),
      ];
};
