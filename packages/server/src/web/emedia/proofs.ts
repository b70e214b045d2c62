/**
 * Tickets and role tokens: what the vendor's web SDK is handed, and hands back. Signed, so that nothing has to be kept of those that are
 * never used. A ticket lets one user into one conference; a role token says whose word an admin's call is, and what he may is looked up.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Role } from '@callreel/contract/conference.ts';
import type { ConfrId, UserName } from '@callreel/contract/ids.ts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { LONGEST_LIFE_MS } from '../../conference/live-conference.ts';
import type { Store } from '../../store/store.ts';
import { EmediaRefusal } from './refusal.ts';

export type Proven = {
  appId: number;
  org: string;
  appName: string;
  confrId: ConfrId;
  userName: UserName;
  /** What he may come in as. */
  role: Role;
  /** A reference to the token it was got with: what is got with the proof dies with that. */
  userToken: string;
};

export type Purpose = 'ticket' | 'role';

export type ProofsOptions = {
  keys: Pick<Store['linkKeys'], 'current' | 'find'>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
};

/** Nothing else is signed with these keys that begins so. */
const DOMAIN = 'emedia';
const FORM = /^([A-Za-z0-9_-]{1,1024})\.([A-Za-z0-9_-]{43})$/;

const Signed = Type.Object({
  purpose: Type.String(),
  keyId: Type.String(),
  expiresMs: Type.Integer(),
  appId: Type.Integer(),
  org: Type.String(),
  appName: Type.String(),
  confrId: Type.String(),
  userName: Type.String(),
  role: Type.String(),
  userToken: Type.String(),
});
const validator = Compile(Signed);

const signatureOf = (key: Uint8Array, content: string): Buffer =>
  createHmac('sha256', key).update(`${DOMAIN}\n${content}`).digest();

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export class Proofs {
  readonly #options: ProofsOptions;

  constructor(options: ProofsOptions) {
    this.#options = options;
  }

  /** Good for as long as any conference lasts. */
  async issue(purpose: Purpose, proven: Proven): Promise<string> {
    const { keys, nowMs } = this.#options;
    const { id: keyId, key } = await keys.current();
    const signed = { ...proven, purpose, keyId, expiresMs: nowMs() + LONGEST_LIFE_MS };
    const content = Buffer.from(JSON.stringify(signed)).toString('base64url');
    return `${content}.${signatureOf(key, content).toString('base64url')}`;
  }

  /** Whether its user is still one, and the conference still open, is not known by it. @throws EmediaRefusal */
  async verify(purpose: Purpose, proof: string): Promise<Proven> {
    const [, content = '', signature = ''] = FORM.exec(proof) ?? [];
    const signed = readJson(Buffer.from(content, 'base64url').toString('utf8'));
    if (!validator.Check(signed) || !(await this.#isSigned(content, signature, signed.keyId))) {
      throw EmediaRefusal.leaving('badTicket');
    }
    if (signed.purpose !== purpose) throw EmediaRefusal.leaving('badTicket');
    if (this.#options.nowMs() >= signed.expiresMs) throw EmediaRefusal.leaving('expiredTicket');
    const { appId, org, appName, confrId, userName, role, userToken } = signed;
    // What we signed is what we made.
    return { appId, org, appName, confrId, userName, role, userToken } as Proven;
  }

  async #isSigned(content: string, signature: string, keyId: string): Promise<boolean> {
    const key = await this.#options.keys.find(keyId);
    return key !== undefined && timingSafeEqual(signatureOf(key.key, content), Buffer.from(signature, 'base64url'));
  }
}
