/** The page's own files: from a few folders, in forms a page uses, TypeScript with its types taken out. */
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, sep } from 'node:path';

export type Asset = {
  body: string | Buffer;
  contentType: string;
  /** Strong, with its quotes; changes with the content. */
  etag: string;
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Nothing hidden, nothing that climbs, and no test. */
const PART = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const TEST_FILE = /\.test\.[a-z]+$/i;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(error.code));

export class Assets {
  readonly #folders: ReadonlyMap<string, string>;
  /** By what they were made of. As many as there are files, and a few more where they are edited while we run. */
  readonly #made = new Map<string, Asset>();

  /** `folders`: the first part of a path, and the folder it stands for. Nothing else is served. */
  constructor(folders: Readonly<Record<string, string>>) {
    this.#folders = new Map(Object.entries(folders));
  }

  /** `path`: `console/main.ts`. Undefined where there is no such asset. */
  async find(path: string): Promise<Asset | undefined> {
    const [name = '', ...parts] = path.split('/');
    const folder = this.#folders.get(name);
    const contentType = CONTENT_TYPES[extname(path)];
    if (folder === undefined || contentType === undefined || parts.length === 0) return undefined;
    if (TEST_FILE.test(path) || !parts.every((part) => PART.test(part))) return undefined;
    const content = await readWithin(folder, join(...parts));
    return content && this.#make(path, contentType, content);
  }

  #make(path: string, contentType: string, content: Buffer): Asset {
    const hash = createHash('sha256').update(path).update('\0').update(content).digest('base64url');
    const made = this.#made.get(hash) ?? {
      body: path.endsWith('.ts') ? stripTypeScriptTypes(content.toString('utf8')) : content,
      contentType,
      etag: `"${hash}"`,
    };
    this.#made.set(hash, made);
    return made;
  }
}

/** A link in the folder that leads out of it is not followed. */
const readWithin = async (folder: string, path: string): Promise<Buffer | undefined> => {
  try {
    const [root, file] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
    return file.startsWith(root + sep) ? await readFile(file) : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};
