/** What our page may load and do, and what no other answer may. */
import { createHash } from 'node:crypto';
import { socketUrlOf } from './base-url.ts';

/** For everything that is not the page: nothing at all, and in no frame. */
export const API_POLICY = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/** The same, as the header says it. */
export const apiPolicyText = (): string =>
  `default-src ${API_POLICY.defaultSrc.join(' ')};frame-ancestors ${API_POLICY.frameAncestors.join(' ')}`;

const INLINE = /<(script|style)(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/\1>/gi;

const hashesOf = (html: string, element: 'script' | 'style'): string[] =>
  [...html.matchAll(INLINE)]
    .filter(([, name]) => name?.toLowerCase() === element)
    .map(([, , text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);

/**
 * The Content-Security-Policy of a page: its own files, the inline scripts (an import map must be inline) and styles it has now, by their
 * hashes, and the files and calls at `baseUrl`, which may be another origin than the one under which the page was opened.
 */
export const pagePolicy = (html: string, baseUrl: string): string => {
  const own = `'self' ${new URL(baseUrl).origin}`;
  const directives = {
    'default-src': "'none'",
    'script-src': ["'self'", ...hashesOf(html, 'script')].join(' '),
    'style-src': ["'self'", ...hashesOf(html, 'style')].join(' '),
    'img-src': "'self' data: blob:",
    'font-src': "'self'",
    'connect-src': `${own} ${socketUrlOf(new URL(baseUrl).origin)}`,
    'media-src': `${own} blob:`,
    'worker-src': "'self' blob:",
    'manifest-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join('; ');
};

/** What of the browser's powers the page uses. */
export const PERMISSIONS_POLICY =
  'camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=()';
