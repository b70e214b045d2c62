import { ClientError } from '@callreel/client/client-error.ts';
import type { TextValues } from './language.ts';
import { showError } from './page.ts';
import type { TextKey } from './texts-en.ts';

export type Explanation = { key: TextKey; values: TextValues };

/** What to tell a person about anything that was thrown. */
export const explain = (error: unknown): Explanation =>
  error instanceof ClientError
    ? { key: `error.${error.reason}`, values: { detail: error.detail } }
    : { key: 'error.unexpected', values: { detail: error instanceof Error ? error.message : String(error) } };

/** Shows it in the place marked `data-error="name"`. */
export const showFailure = (root: ParentNode, name: string, error: unknown): void => {
  const { key, values } = explain(error);
  showError(root, name, key, values);
};

export const isSignedOut = (error: unknown): boolean => error instanceof ClientError && error.reason === 'signedOut';
export const isCallOver = (error: unknown): boolean => error instanceof ClientError && error.reason === 'callOver';
