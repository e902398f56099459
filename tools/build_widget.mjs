/**
 * The widget's bundle: src/widget with preact in the place of React.
 *
 * It travels through a comm once for a page, so it has a limit. What notebooks keep is the loader, which
 * knows the bundle by its digest. What is imported at run time, `import('./Menu')`, is a part: a file
 * beside the bundle that the page asks the kernel for. A part uses the bundle's own modules.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';

import { build } from 'esbuild';
import { minify } from 'terser';
import ts from 'typescript';

const LIMIT = 100_000; // bytes, minified
const LOADER_LIMIT = 2_400;
const OUT = 'jupyter_openeo_artifacts/notebook/static';
const PARTS = `${OUT}/parts`;
const ENTRY = 'src/widget/index.tsx';
const SHARED = resolve('src/widget/shared.ts');

/** An import at run time of what is named. */
const IMPORT = /\bimport\('([^']+)'\)/g;

const COMMON = {
  bundle: true,
  minify: true,
  target: 'es2020',
  legalComments: 'inline',
  metafile: true,
  write: false,
  mangleProps: /^_[a-z]/, // private members, which nothing outside of their module names
  mainFields: ['module', 'browser', 'main'],
  alias: {
    react: 'preact/compat',
    'react-dom': 'preact/compat',
    'react-dom/client': 'preact/compat/client',
    '@lumino/polling': './src/widget/poll.ts',
    '@lumino/signaling': './src/widget/signal.ts',
    '@lumino/coreutils': './src/widget/lumino.ts'
  },
  logLevel: 'warning'
};

const AGAIN = {
  module: true,
  ecma: 2020,
  compress: { passes: 2 },
  format: { comments: 'some' }
};

/** Build the bundle, which offers to its parts what they import of it; return it and its parts. */
async function buildMain(shared) {
  const parts = new Map();
  const built = await build({
    ...COMMON,
    entryPoints: { uploader: ENTRY },
    outdir: OUT,
    format: 'esm',
    plugins: [
      {
        name: 'parts',
        setup({ onLoad, resolve: find }) {
          onLoad({ filter: /[\\/]src[\\/].*\.tsx?$/ }, async ({ path }) => {
            let text = readFileSync(path, 'utf8');
            for (const [whole, module] of text.matchAll(IMPORT)) {
              const found = await find(module, {
                kind: 'dynamic-import',
                importer: path,
                resolveDir: dirname(path)
              });
              const name = basename(found.path).replace(/\W.*$/, '');
              parts.set(name, found.path);
              text = text.replace(whole, `loadPart('${name}')`);
            }
            if (text.includes("loadPart('")) {
              text += `;import { loadPart } from '${resolve('src/widget/parts.ts')}';`;
            }
            const contents = path === SHARED ? sharedModule(shared) : text;
            return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts' };
          });
        }
      }
    ]
  });
  return { ...built, parts };
}

/** An object of what parts take, by module. */
function sharedModule(shared) {
  const imports = [];
  const modules = [...shared].map(([module, names], index) => {
    const taken = [...names].map(name => `${name} as ${name}${index}`);
    imports.push(`import { ${taken} } from ${JSON.stringify(module)};`);
    const given = [...names].map(name => `${name}: ${name}${index}`);
    return `${JSON.stringify(module)}: { ${given} }`;
  });
  return `${imports.join('\n')}\nexport const SHARED = { ${modules} };`;
}

/** Build a part; what it takes of the bundle is added to `shared`. */
async function buildPart(path, inside, shared) {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [path],
    outdir: PARTS,
    format: 'iife',
    globalName: 'PART',
    banner: { js: 'export default SHARED=>{' },
    footer: { js: 'return PART}' },
    plugins: [
      {
        name: 'shared',
        setup({ onLoad, onResolve, resolve: find }) {
          onResolve({ filter: /./ }, async ({ path, pluginData, ...at }) => {
            if (at.kind === 'entry-point' || pluginData === 'found') {
              return undefined;
            }
            const found = await find(path, { pluginData: 'found', ...at });
            if (!inside.has(relative('.', found.path))) {
              return undefined;
            }
            const module = path.startsWith('.') ? found.path : path;
            const names = shared.get(module) ?? new Set();
            shared.set(module, names);
            namesOf(at.importer, path).forEach(name => names.add(name));
            return { path: module, namespace: 'shared' };
          });
          onLoad({ filter: /./, namespace: 'shared' }, ({ path: module }) => ({
            contents: `module.exports = SHARED[${JSON.stringify(module)}]`
          }));
        }
      }
    ]
  });
  return outputFiles[0].text;
}

/** What a file takes of a module: the names of values, and members of a namespace. */
function namesOf(importer, module) {
  const text = readFileSync(importer, 'utf8');
  const source = ts.createSourceFile(
    importer,
    text,
    ts.ScriptTarget.Latest,
    true,
    importer.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  );
  const names = [];
  for (const statement of source.statements) {
    const clause = ts.isImportDeclaration(statement) && statement.importClause;
    if (
      !clause ||
      clause.isTypeOnly ||
      statement.moduleSpecifier.text !== module
    ) {
      continue;
    }
    const bindings = clause.namedBindings;
    if (bindings && ts.isNamedImports(bindings)) {
      for (const { isTypeOnly, name, propertyName } of bindings.elements) {
        if (!isTypeOnly) {
          names.push((propertyName ?? name).text);
        }
      }
    } else if (bindings) {
      const members = new RegExp(`\\b${bindings.name.text}\\.([a-z]\\w*)`, 'g');
      names.push(...[...text.matchAll(members)].map(([, member]) => member));
      if (importer.endsWith('x')) {
        names.push('createElement', 'Fragment');
      }
    }
  }
  return names;
}

const first = await buildMain(new Map());
const inside = new Set(Object.keys(first.metafile.inputs));
const shared = new Map();
const parts = new Map();
for (const [name, path] of first.parts) {
  parts.set(name, await buildPart(path, inside, shared));
}
const { metafile, outputFiles } = await buildMain(shared);

rmSync(PARTS, { recursive: true, force: true });
mkdirSync(PARTS, { recursive: true });
const digest = createHash('sha256');
let bytes = 0;
for (const { path, text } of outputFiles) {
  const isScript = path.endsWith('.js');
  // What esbuild has put together once more, for a fiftieth less.
  const code = isScript ? (await minify(text, AGAIN)).code : text;
  bytes += isScript ? Buffer.byteLength(code) : 0;
  writeFileSync(path, code);
  digest.update(code);
}
for (const [name, text] of parts) {
  writeFileSync(resolve(PARTS, `${name}.js`), text);
  digest.update(text);
}

console.log(`uploader.js: ${bytes} bytes of ${LIMIT}`);
for (const [name, text] of parts) {
  console.log(`parts/${name}.js: ${Buffer.byteLength(text)} bytes`);
}
if (bytes > LIMIT) {
  const lines = Object.entries(metafile.outputs[`${OUT}/uploader.js`].inputs)
    .map(([name, { bytesInOutput }]) => `${bytesInOutput} ${name}`)
    .sort((one, other) => parseInt(other) - parseInt(one));
  console.error(lines.slice(0, 20).join('\n'));
  process.exit(1);
}

const loader = await build({
  ...COMMON,
  entryPoints: { loader: 'src/widget/loader.ts' },
  outdir: OUT,
  format: 'esm',
  write: true,
  mangleProps: undefined,
  define: { APPLICATION: JSON.stringify(digest.digest('hex')) }
});
const kept = loader.metafile.outputs[`${OUT}/loader.js`].bytes;
console.log(`loader.js: ${kept} bytes of ${LOADER_LIMIT}`);
process.exit(kept > LOADER_LIMIT ? 1 : 0);
