/**
 * Name the circles in which modules of src/ import each other, and imports against the order of its
 * folders; types count, and so do a folder's index and imports at run time.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter(name => /\.tsx?$/.test(name))
  .map(name => join(ROOT, name));

/** The file that an import of another one names; null where it is of a package or a style. */
function target(from, name) {
  const path = join(dirname(from), name);
  return name.startsWith('.')
    ? ([
        `${path}.ts`,
        `${path}.tsx`,
        join(path, 'index.ts'),
        join(path, 'index.tsx')
      ].find(each => existsSync(each) && statSync(each).isFile()) ?? null)
    : null;
}

const imports = new Map(
  files.map(file => {
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
    return [
      file,
      importedFiles
        .map(({ fileName }) => target(file, fileName))
        .filter(Boolean)
    ];
  })
);

const circles = [];
const done = new Set();

function visit(file, path) {
  const begun = path.indexOf(file);
  if (begun >= 0) {
    circles.push([...path.slice(begun), file]);
  } else if (!done.has(file)) {
    for (const next of imports.get(file) ?? []) {
      visit(next, [...path, file]);
    }
    done.add(file);
  }
}

files.forEach(file => visit(file, []));

/** The folders of src/: each may import those before it. */
const ORDER = [
  'text',
  'transport',
  'model',
  'insert',
  'files',
  'app',
  'lab widget',
  '.'
];

function rank(file) {
  const [folder, ...rest] = relative(ROOT, file).split(sep);
  return ORDER.findIndex(each =>
    each.split(' ').includes(rest.length > 0 ? folder : '.')
  );
}

const folderOf = file => dirname(relative(ROOT, file)).split(sep)[0];
const upwards = [...imports].flatMap(([file, targets]) =>
  /__tests__/.test(file)
    ? []
    : targets
        .filter(each => folderOf(each) !== folderOf(file))
        .filter(each => rank(each) >= rank(file))
        .map(each => `${relative(ROOT, file)} ⇡ ${relative(ROOT, each)}`)
);
upwards.forEach(line => console.error(line));
for (const circle of circles) {
  console.error(circle.map(file => relative(ROOT, file)).join(' → '));
}
console.log(
  `${files.length} modules, ${circles.length} circles, ${upwards.length} upwards`
);
process.exit(circles.length + upwards.length > 0 ? 1 : 0);
