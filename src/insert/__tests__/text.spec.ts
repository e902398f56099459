import { execFileSync } from 'child_process';

import { geometryText } from '../text';

/** Names that break whoever pastes them. */
const NAMES = [
  ['quotes', `it's "quoted".tif`],
  ['a newline', 'two\nlines\r\n.tif'],
  ['emoji', 'field 😀 👩‍🌾.tif'],
  ['backslashes', 'c:\\temp\\new\\u0041.tif'],
  ['line separators', 'a\u2028b\u2029c\u0085d.tif'],
  ['control characters', 'a\u0000b\u001b[31m.tif'],
  ['characters that turn the line', 'a\u202egpj.\u2066b\u2069\u200f.tif'],
  ['tags beyond 16 bits', 'a\u{e0041}\u{1d173}b.tif'],
  ['a way out of a string', `"); import os; os.system("x") #`]
] as const;

/** What Python makes of some source: the value of one name. */
function runPython(source: string, name: string): unknown {
  const code = [
    'import json, sys',
    'scope = {}',
    'exec(compile(json.loads(sys.stdin.read()), "cell", "exec"), scope)',
    `print(json.dumps(scope[${JSON.stringify(name)}]))`
  ].join('\n');
  const answer = execFileSync('python3', ['-c', code], {
    input: JSON.stringify(source),
    encoding: 'utf8'
  });
  return JSON.parse(answer);
}

describe('a geometry as text', () => {
  it.each(NAMES)('carries %s to Python unchanged, in sight', (_, name) => {
    const text = geometryText({ type: 'Feature', id: name });
    expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(runPython(text, 'geometry')).toEqual({ type: 'Feature', id: name });
  });

  it('knows null and true', () => {
    const value = { type: 'Feature', geometry: null, properties: { a: true } };
    expect(runPython(geometryText(value), 'geometry')).toEqual(value);
  });
});
