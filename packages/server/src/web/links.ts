/** The links under which files are downloaded: each opens one file, by itself, until it expires. */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ROUTES } from '@callreel/contract/routes.ts';
import type { Store } from '../store/store.ts';

/** What a link opens: the object's key, and the last moment, in seconds since 1970. */
export type LinkTarget = { objectKey: string; expiresSeconds: number };

/** The signed part of a link as it came in. */
export type LinkProof = { expiresSeconds: number; keyId: string; signature: string };

export type LinkVerdict = 'valid' | 'unsigned' | 'forged' | 'expired';

/** GET and HEAD are one class: whoever may read a file may ask how long it is. */
const METHOD_CLASS = 'read';

/** Without a zero in front: a link has but one form. */
const EXPIRES = /^[1-9]\d{0,11}$/;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
const SIGNATURE = /^[A-Za-z0-9_-]{43}$/;

const textOf = (query: unknown, name: string, form: RegExp): string | undefined => {
  const value = typeof query === 'object' && query !== null ? (query as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' && form.test(value) ? value : undefined;
};

/** Reads the parsed query of a link; undefined where a part is missing, doubled or of another form. */
export const readLinkProof = (query: unknown): LinkProof | undefined => {
  const expires = textOf(query, 'Expires', EXPIRES);
  const keyId = textOf(query, 'KeyId', KEY_ID);
  const signature = textOf(query, 'Signature', SIGNATURE);
  if (expires === undefined || keyId === undefined || signature === undefined) return undefined;
  return { expiresSeconds: Number(expires), keyId, signature };
};

const appOf = (objectKey: string): string => objectKey.split('/').slice(0, 2).join('/');

export const signLink = (key: Uint8Array | KeyObject, { objectKey, expiresSeconds }: LinkTarget): string => {
  const signed = [METHOD_CLASS, appOf(objectKey), objectKey, expiresSeconds].join('\n');
  return createHmac('sha256', key).update(signed).digest('base64url');
};

/** Compared as text: base64url leaves bits of its last letter unused, and a link has but one form. */
const sameText = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

export type LinkSigner = (objectKey: string, expireTime: Date) => string;

export type LinksOptions = {
  keys: Pick<Store['linkKeys'], 'current' | 'find'>;
  /** Where the service is reached, without a slash at the end. */
  baseUrl: () => string;
  /** Milliseconds since 1970. */
  nowMs: () => number;
};

export class Links {
  readonly #options: LinksOptions;

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /** Makes links with the current key. The same file and expiry give the same link for as long as the key is current. */
  async signer(): Promise<LinkSigner> {
    const { id, key } = await this.#options.keys.current();
    // Both once for a page of links: to make them anew for each took half of the page's time.
    const means = { id, key: createSecretKey(key), baseUrl: this.#options.baseUrl() };
    return (objectKey, expireTime) => linkTo(means, objectKey, expireTime);
  }

  /** The signature is checked before the expiry, so that only a link of ours tells anything. */
  async verify(objectKey: string, query: unknown): Promise<LinkVerdict> {
    const proof = readLinkProof(query);
    if (proof === undefined) return 'unsigned';
    const key = await this.#options.keys.find(proof.keyId);
    if (key === undefined) return 'forged';
    const { expiresSeconds } = proof;
    if (!sameText(signLink(key.key, { objectKey, expiresSeconds }), proof.signature)) return 'forged';
    return this.#options.nowMs() < expiresSeconds * 1000 ? 'valid' : 'expired';
  }
}

const linkTo = (
  { id, key, baseUrl }: { id: string; key: KeyObject; baseUrl: string },
  objectKey: string,
  expireTime: Date,
): string => {
  const expiresSeconds = Math.ceil(expireTime.getTime() / 1000);
  const path = ROUTES.file.replace('*', objectKey);
  const signature = signLink(key, { objectKey, expiresSeconds });
  return `${baseUrl}${path}?Expires=${expiresSeconds}&KeyId=${id}&Signature=${signature}`;
};
