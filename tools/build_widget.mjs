/**
 * The widget's bundle: src/widget with preact in the place of React.
 *
 * It travels through the comm of each widget, and is saved in notebooks that keep widget state, so it
 * has a limit.
 */
import { build } from 'esbuild';

const LIMIT = 100_000; // bytes, minified
const OUT = 'jupyter_openeo_artifacts/notebook/static';

const { metafile } = await build({
  entryPoints: { uploader: 'src/widget/index.tsx' },
  outdir: OUT,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  legalComments: 'inline',
  metafile: true,
  mainFields: ['module', 'browser', 'main'],
  alias: {
    react: 'preact/compat',
    'react-dom': 'preact/compat',
    'react-dom/client': 'preact/compat/client'
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
