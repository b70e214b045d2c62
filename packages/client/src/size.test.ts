import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MOST_BYTES = 27_500;

test('all of it in one file, minified, is small, and holds nothing that is not of ours', async (t) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('index.ts', import.meta.url))],
    ...{ bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, metafile: true },
  });
  const [code] = outputFiles;
  assert.ok(code);
  const { length } = code.contents;
  const modules = Object.keys(metafile.inputs);
  t.diagnostic(`${length} bytes of ${modules.length} modules, ${gzipSync(code.contents).length} gzipped`);
  for (const path of modules) assert.match(path, /packages\/(client|contract)\/src\//);
  assert.ok(length <= MOST_BYTES, `${length} bytes`);
});
