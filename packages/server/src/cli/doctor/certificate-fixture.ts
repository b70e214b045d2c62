/** Makes certificates for tests, with any dates: X.509 (RFC 5280) in DER, signed by itself with Ed25519 (RFC 8410). */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const der = (tag: number, ...contents: Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents);
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

const sequence = (...contents: Uint8Array[]): Buffer => der(0x30, ...contents);
const integer = (value: number): Buffer => der(0x02, Buffer.from([value]));
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));
/** GeneralizedTime. */
const time = (at: Date): Buffer => text(0x18, `${at.toISOString().replace(/\D/g, '').slice(0, 14)}Z`);

const ED25519 = sequence(Buffer.from('06032b6570', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const ALTERNATIVE_NAME = Buffer.from('0603551d11', 'hex');
const DNS_NAME = 0x82;

const nameOf = (host: string): Buffer => sequence(der(0x31, sequence(COMMON_NAME, text(0x0c, host))));

const pem = (bytes: Buffer): string => {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
};

export type TestCertificate = { certificate: string; privateKey: KeyObject };

export const makeCertificate = (host: string, from: Date, to: Date): TestCertificate => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const names = sequence(ALTERNATIVE_NAME, der(0x04, sequence(text(DNS_NAME, host))));
  const certified = sequence(
    der(0xa0, integer(2)),
    integer(1),
    ED25519,
    nameOf(host),
    sequence(time(from), time(to)),
    nameOf(host),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(names)),
  );
  const signature = der(0x03, Buffer.from([0]), sign(null, certified, privateKey));
  return { certificate: pem(sequence(certified, ED25519, signature)), privateKey };
};
