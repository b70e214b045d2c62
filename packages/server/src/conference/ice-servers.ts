/** What a member is told of STUN and TURN servers. */
import { createHmac } from 'node:crypto';
import type { IceServer } from '@callreel/contract/ice-server.ts';
import type { IceSettings } from '../base/config.ts';
import { isTurn } from '../base/ice-urls.ts';

export type IceServersOptions = IceSettings & {
  /** Milliseconds since 1970. */
  nowMs: () => number;
};

/**
 * Credentials for TURN are good for a while, and checked without asking us: the name says until when, in seconds since 1970, and for
 * whom; the password is its HMAC under a secret that we share with the TURN server (draft-uberti-behave-turn-rest-00, coturn's
 * `use-auth-secret`). SHA-1 is what coturn computes; as a MAC it holds.
 */
export class IceServers {
  readonly #options: IceServersOptions;

  constructor(options: IceServersOptions) {
    this.#options = options;
  }

  /** With credentials of his own, which are good from now on; empty where none are set. */
  for(memberId: string): IceServer[] {
    const { urls, turnSecret } = this.#options;
    const stun = urls.filter((url) => !isTurn(url));
    const turn = urls.filter(isTurn);
    return [
      ...(stun.length === 0 ? [] : [{ urls: stun }]),
      ...(turn.length === 0 || turnSecret === undefined
        ? []
        : [{ urls: turn, ...this.#credentials(memberId, turnSecret) }]),
    ];
  }

  #credentials(memberId: string, turnSecret: string): { username: string; credential: string } {
    const { nowMs, turnTtlSeconds } = this.#options;
    const username = `${Math.floor(nowMs() / 1000) + turnTtlSeconds}:${memberId}`;
    return { username, credential: createHmac('sha1', turnSecret).update(username).digest('base64') };
  }
}
