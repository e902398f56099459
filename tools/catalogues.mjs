/**
 * The catalogues of jupyter_openeo_artifacts/locale, held against the texts that are in use: those of
 * `trans.__`, `_n`, `_p` and `_np` in src/, and those of schema/ that JupyterLab translates.
 *
 *     node tools/catalogues.mjs                        compare; the status is 1 if anything differs
 *     node tools/catalogues.mjs --missing de_DE        print what is to be translated, as JSON
 *     node tools/catalogues.mjs --fill de_DE < a.json  take what was translated, drop what is not used
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const LOCALE = join(ROOT, 'jupyter_openeo_artifacts', 'locale');
const DOMAIN = 'jupyter_openeo_artifacts';

/** How a key tells the context of a text from the text, as gettext does. */
const CONTEXT_END = '\u0004';

/** https://unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html, as gettext writes it. */
const PLURAL_FORMS = {
  de: 'nplurals=2; plural=(n != 1);',
  fr: 'nplurals=2; plural=(n > 1);'
};
const FORMS = 2;

/** Where the texts stand in a call's arguments: context, text, text for many. */
const CALLS = {
  __: [null, 0, null],
  _n: [null, 0, 1],
  _p: [0, 1, null],
  _np: [0, 1, 2],
  gettext: [null, 0, null],
  ngettext: [null, 0, 1],
  pgettext: [0, 1, null],
  npgettext: [0, 1, 2]
};

/** jupyterlab_server.translation_utils.DEFAULT_SCHEMA_SELECTORS, as far as our schema has such. */
const SELECTORS = [
  [/^\/properties\/.*\/(title|description)$/, 'settings'],
  [/^\/(title|description)$/, 'schema'],
  [/^\/jupyter\.lab\.setting-icon-label$/, 'settings'],
  [/^\/jupyter\.lab\.menus\/.*\/label$/, 'menu']
];

const faults = [];

/** Texts in use, by their keys: the text for many, where there is one, and where it stands. */
export function textsInUse() {
  const used = new Map();
  const add = (key, many, where) => {
    const known = used.get(key);
    if (known && known.many !== many) {
      faults.push(`${where}: "${key}" is with and without a text for many`);
    }
    used.set(key, { many, where: known?.where ?? where });
  };
  for (const name of sources()) {
    const text = readFileSync(join(ROOT, name), 'utf8');
    const kind = name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
    const file = ts.createSourceFile(
      name,
      text,
      ts.ScriptTarget.Latest,
      true,
      kind
    );
    const visit = node => {
      const call =
        ts.isCallExpression(node) &&
        ts.isPropertyAccessExpression(node.expression);
      const method = call ? node.expression.name.text : '';
      const places = Object.hasOwn(CALLS, method) ? CALLS[method] : undefined;
      if (places) {
        const line =
          file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        const where = `${name}:${line}`;
        const [context, one, many] = places.map(place => {
          const argument = place === null ? null : node.arguments[place];
          if (argument && !ts.isStringLiteralLike(argument)) {
            faults.push(`${where}: a text to translate must be written out`);
          }
          return argument?.text ?? null;
        });
        if (one !== null) {
          add(
            context === null ? one : context + CONTEXT_END + one,
            many,
            where
          );
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  for (const name of readdirSync(join(ROOT, 'schema'))) {
    const schema = JSON.parse(readFileSync(join(ROOT, 'schema', name), 'utf8'));
    walkSchema(schema, '', (path, value) => {
      const context = SELECTORS.find(([selector]) => selector.test(path))?.[1];
      if (context) {
        add(context + CONTEXT_END + value, null, `schema/${name}${path}`);
      }
    });
  }
  return used;
}

/** Modules that ship, by their paths from the root. */
function sources() {
  return (
    readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter(name => /\.tsx?$/.test(name) && !name.includes('__tests__'))
      // Its texts are those of the schema.
      .filter(name => name !== join('lab', 'settingsTexts.ts'))
      .sort()
      .map(name => relative(ROOT, join(ROOT, 'src', name)))
  );
}

/** Each string below a value of the schema, with its path as jupyterlab_server writes it. */
function walkSchema(value, path, act) {
  if (typeof value === 'string') {
    act(path, value);
  } else if (Array.isArray(value)) {
    value.forEach((each, index) => walkSchema(each, `${path}[${index}]`, act));
  } else if (value !== null && typeof value === 'object') {
    Object.entries(value).forEach(([key, each]) =>
      walkSchema(each, `${path}/${key}`, act)
    );
  }
}

function fileOf(language) {
  return join(LOCALE, language, 'LC_MESSAGES', `${DOMAIN}.json`);
}

/** The file of a catalogue, in Jed's form, which JupyterLab reads; one text a line. */
function render(language, entries) {
  const { version } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8')
  );
  const head = {
    domain: DOMAIN,
    language: language.replace('_', '-'),
    plural_forms: PLURAL_FORMS[language.split('_')[0]],
    version
  };
  const lines = [...entries]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([key, forms]) =>
        `  ${JSON.stringify(key)}: [${forms.map(each => JSON.stringify(each)).join(', ')}]`
    );
  return `{\n${[`  "": ${JSON.stringify(head)}`, ...lines].join(',\n')}\n}\n`;
}

function read(language) {
  let text = '{}';
  try {
    text = readFileSync(fileOf(language), 'utf8');
  } catch {
    // a new language
  }
  const { '': _head, ...entries } = JSON.parse(text);
  return { text, entries: new Map(Object.entries(entries)) };
}

function placeholders(text) {
  return [...new Set(text.match(/%\d+/g) ?? [])].sort().join(' ');
}

/** What is wrong with the translation of a text; an empty list where nothing is. */
function faultsOf(key, many, forms) {
  const wanted = many === null ? 1 : FORMS;
  if (forms.length !== wanted || forms.some(form => form === '')) {
    return [`"${key}" needs ${wanted} filled form(s)`];
  }
  const text = many ?? key.split(CONTEXT_END).at(-1);
  return forms
    .filter((form, index) => {
      const one =
        many !== null && index === 0
          ? placeholders(form) || placeholders(text)
          : placeholders(form);
      return one !== placeholders(text);
    })
    .map(form => `"${form}" has other placeholders than "${text}"`);
}

function compare(language, used) {
  const { text, entries } = read(language);
  const found = [];
  for (const [key, { many, where }] of used) {
    const forms = entries.get(key);
    found.push(
      ...(forms
        ? faultsOf(key, many, forms)
        : [`"${key}" (${where}) is missing`])
    );
  }
  for (const key of entries.keys()) {
    if (!used.has(key)) {
      found.push(`"${key}" is not in use`);
    }
  }
  if (found.length === 0 && text !== render(language, entries)) {
    found.push('the file is not as --fill writes it');
  }
  return found.map(fault => `${language}: ${fault}`);
}

function missing(language, used) {
  const { entries } = read(language);
  return Object.fromEntries(
    [...used]
      .filter(
        ([key, { many }]) =>
          faultsOf(key, many, entries.get(key) ?? []).length > 0
      )
      .map(([key, { many }]) => [key, many === null ? [''] : ['', '']])
  );
}

function fill(language, used, filled) {
  const { entries } = read(language);
  Object.entries(filled).forEach(([key, forms]) => entries.set(key, forms));
  const kept = [...entries].filter(
    ([key, forms]) => used.has(key) && forms.every(Boolean)
  );
  writeFileSync(fileOf(language), render(language, kept));
}

const [action, language] = process.argv.slice(2);
const used = textsInUse();
if (action === '--missing') {
  const lines = Object.entries(missing(language, used)).map(
    ([key, forms]) => `  ${JSON.stringify(key)}: ${JSON.stringify(forms)}`
  );
  console.log(`{\n${lines.join(',\n')}\n}`);
} else if (action === '--fill') {
  fill(language, used, JSON.parse(readFileSync(0, 'utf8') || '{}'));
} else {
  const languages = readdirSync(LOCALE).sort();
  faults.push(...languages.flatMap(each => compare(each, used)));
  console.log(
    `${used.size} texts, ${languages.length} catalogues, ${faults.length} faults`
  );
}
faults.forEach(fault => console.error(fault));
process.exit(faults.length > 0 ? 1 : 0);
