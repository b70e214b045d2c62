/** Who is in the world, and what they may be told. */
import { createHash } from 'node:crypto';
import type { UserName } from '@callreel/contract/ids.ts';
import { ConferenceError } from '@callreel/server/conference/conference-error.ts';
import { StoreError } from '@callreel/server/store/store-error.ts';
import { WebError } from '@callreel/server/web/errors.ts';

export const USERS = ['ann', 'bob', 'cid', 'dan'] as UserName[];

export const modulo = <Item>(items: readonly Item[], index: number): Item | undefined => items[index % items.length];

export const userAt = (index: number): UserName => modulo(USERS, index) ?? ('' as UserName);

export const hashOf = (token: string): Uint8Array => createHash('sha256').update(token).digest();

/** What a caller may be told. Anything else is a fault. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ConferenceError ||
  (error instanceof StoreError && (error.reason === 'unavailable' || error.reason === 'timeout')) ||
  (error instanceof WebError && error.reason === 'unauthorized');
