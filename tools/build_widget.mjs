/**
 * The widget's bundle: src/widget with preact in the place of React.
 *
 * It travels through a comm once for a page, so it has a limit. What notebooks keep is the loader, which
 * knows the bundle by its digest.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { build } from 'esbuild';

const LIMIT = 100_000; // bytes, minified
const LOADER_LIMIT = 2_400;
const HASHES = '@noble/hashes/sha2.js';
const OUT = 'jupyter_openeo_artifacts/notebook/static';

const { metafile } = await build({
  entryPoints: { uploader: 'src/widget/index.tsx' },
  outdir: OUT,
  bundle: true,
  minify: true,
  mangleProps: /^_[a-z]/, // private members, which nothing outside of the bundle names
  format: 'esm',
  target: 'es2020',
  legalComments: 'inline',
  metafile: true,
  mainFields: ['module', 'browser', 'main'],
  external: [HASHES], // the page asks the kernel for it where it needs it
  alias: {
    react: 'preact/compat',
    'react-dom': 'preact/compat',
    'react-dom/client': 'preact/compat/client',
    '@lumino/algorithm': './src/widget/lumino.ts',
    '@lumino/coreutils': './src/widget/lumino.ts'
  },
  logLevel: 'warning'
});

const { bytes } = metafile.outputs[`${OUT}/uploader.js`];
console.log(`uploader.js: ${bytes} bytes of ${LIMIT}`);
if (bytes > LIMIT) {
  const parts = Object.entries(metafile.outputs[`${OUT}/uploader.js`].inputs)
    .map(([name, { bytesInOutput }]) => `${bytesInOutput} ${name}`)
    .sort((one, other) => parseInt(other) - parseInt(one));
  console.error(parts.slice(0, 20).join('\n'));
  process.exit(1);
}

await build({
  stdin: { contents: `export { sha256 } from '${HASHES}'`, resolveDir: '.' },
  outfile: `${OUT}/hashes.js`,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  legalComments: 'inline',
  logLevel: 'warning'
});

const digest = createHash('sha256')
  .update(readFileSync(`${OUT}/uploader.js`))
  .update(readFileSync(`${OUT}/uploader.css`))
  .digest('hex');
const loader = await build({
  entryPoints: { loader: 'src/widget/loader.ts' },
  outdir: OUT,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  metafile: true,
  define: { APPLICATION: JSON.stringify(digest) },
  logLevel: 'warning'
});
const kept = loader.metafile.outputs[`${OUT}/loader.js`].bytes;
console.log(`loader.js: ${kept} bytes of ${LOADER_LIMIT}`);
process.exit(kept > LOADER_LIMIT ? 1 : 0);
