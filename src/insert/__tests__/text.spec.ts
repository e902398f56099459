import { execFileSync } from 'child_process';

import {
  escapeMarkdown,
  geometryText,
  markdownCode,
  markdownLink,
  presignedText,
  referenceText,
  timestamp,
  uriText
} from '../text';

/** Names that break whoever pastes them. */
const NAMES = [
  ['spaces', 'my file.tif'],
  ['quotes', `it's "quoted".tif`],
  ['a newline', 'two\nlines\r\n.tif'],
  ['emoji', 'field 😀 👩‍🌾.tif'],
  ['HTML', '<img src=x onerror=alert(1)>.tif'],
  ['a path', '../x'],
  ['backslashes', 'c:\\temp\\new\\u0041.tif'],
  ['line separators', 'a\u2028b\u2029c\u0085d.tif'],
  ['control characters', 'a\u0000b\u001b[31m.tif'],
  ['characters that turn the line', 'a\u202egpj.\u2066b\u2069\u200f.tif'],
  ['tags beyond 16 bits', 'a\u{e0041}\u{1d173}b.tif'],
  ['a way out of a string', `"); import os; os.system("x") #`],
  ['braces', '{name!r} %s {{x}}'],
  ['right to left', '\u202egpj.exe مرحبا'],
  ['300 characters', 'x'.repeat(300)]
] as const;

/** What Python makes of some source: the value of one name, as JSON. */
function runPython(source: string, name: string): unknown {
  const stub = [
    'import json, sys, types',
    'fake = types.ModuleType("jupyter_openeo_artifacts")',
    'fake.presigned_url = lambda uri, *, backend: [uri, backend]',
    'sys.modules["jupyter_openeo_artifacts"] = fake',
    'scope = {}',
    'exec(compile(json.loads(sys.stdin.read()), "cell", "exec"), scope)',
    `print(json.dumps(scope[${JSON.stringify(name)}]))`
  ].join('\n');
  const answer = execFileSync('python3', ['-c', stub], {
    input: JSON.stringify(source),
    encoding: 'utf8'
  });
  return JSON.parse(answer);
}

describe('code', () => {
  it.each(NAMES)('carries %s to Python unchanged', (_, name) => {
    const uri = `s3://bucket/key/${name}`;
    const backend = `https://openeo.example/?${name}`;
    expect(runPython(uriText(uri), 'uri')).toBe(uri);
    expect(runPython(referenceText(uri, backend), 'url')).toEqual([
      uri,
      backend
    ]);
    expect(runPython(presignedText(uri, new Date()), 'url')).toBe(uri);
    expect(
      runPython(geometryText({ type: 'Feature', id: name }), 'geometry')
    ).toEqual({ type: 'Feature', id: name });
  });

  it('is exactly the two lines that sign when they run', () => {
    expect(referenceText('s3://b/k', 'https://openeo.example')).toBe(
      'from jupyter_openeo_artifacts import presigned_url\n' +
        'url = presigned_url("s3://b/k", backend="https://openeo.example")'
    );
  });

  it('says until when a URL works, with the offset from UTC', () => {
    const until = new Date(2026, 10, 23, 2, 14);
    expect(presignedText('https://s3/x', until)).toBe(
      `url = "https://s3/x"  # works until ${timestamp(until)}`
    );
    expect(timestamp(until)).toMatch(/^2026-11-23 02:14 UTC[+-]\d\d:\d\d$/);
  });

  it('knows null and true in a geometry', () => {
    const value = { type: 'Feature', geometry: null, properties: { a: true } };
    expect(runPython(geometryText(value), 'geometry')).toEqual(value);
  });
});

describe('Markdown', () => {
  it.each(NAMES)('shows %s as text on one line', (_, name) => {
    const escaped = escapeMarkdown(name);
    expect(escaped).not.toMatch(/[\n\r\u2028\u2029]/);
    // Every character that could start markup, HTML or a formula stands behind a backslash.
    expect(escaped.replace(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(
      /[\\`*_{}[\]()<>#+.!|~$&:@/"'-]/
    );
    // Nothing else was changed.
    expect(escaped.replace(/\\([!-/:-@[-`{-~])/g, '$1')).toBe(
      name.replace(/\s+/g, ' ')
    );
  });

  it('links to the URL as it is signed', () => {
    const url = 'https://s3.example/b/k?X-Amz-Signature=a%2Fb&x=1';
    expect(markdownLink('a.tif', url)).toBe(`[a\\.tif](<${url}>)`);
  });

  it('lets no URL out of its brackets', () => {
    expect(markdownLink('a', 'https://x/> <img>')).toBe(
      '[a](<https://x/%3E%20%3Cimg%3E>)'
    );
  });

  it.each([
    ['s3://b/k', '`s3://b/k`'],
    ['s3://b/`k`', '`` s3://b/`k` ``'],
    ['a\nb', '`a b`']
  ])('puts %j into code', (text, code) => {
    expect(markdownCode(text)).toBe(code);
  });
});

it.each(NAMES)('shows %s in a line of code as it runs', (_, name) => {
  expect(uriText(`s3://artifacts/${name}`)).not.toMatch(
    /[\p{Cf}\p{Zl}\p{Zp}]/u
  );
});
