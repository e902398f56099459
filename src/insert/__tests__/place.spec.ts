import {
  importPlace,
  inCommand,
  isCommandCell,
  lineAround,
  opensBlock,
  placeAt,
  statementStart
} from '../place';

/** A source with its cursor as `|`, or what is selected between two. */
function marked(text: string): [string, number, number] {
  const start = text.indexOf('|');
  const rest = text.slice(0, start) + text.slice(start + 1);
  const end = rest.indexOf('|');
  return end < 0
    ? [rest, start, start]
    : [rest.slice(0, end) + rest.slice(end + 1), start, end];
}

describe('placeAt', () => {
  it.each([
    ['an empty cell', '|'],
    ['a blank line', 'a = 1\n  |\nb = 2'],
    ['the end of a whole line', 'a = 1|'],
    ['the end of a call', 'a = f(1)  |'],
    ['before a line', '|a = 1'],
    ['in an indented line, before it', 'if a:\n    |b()'],
    ['below a block’s head', 'for a in b:|'],
    ['a comment', '# read |this'],
    ['brackets in strings and comments', 'a = "(["  # {\n|'],
    ['the end of a magic', '%matplotlib inline|'],
    ['the end of a magic with a name', 'a = 1\n%load_ext x|'],
    ['the end of a cell’s magic', '%%time|\na = 1'],
    ['the end of a shell line', 'files = !ls -l|']
  ])('takes whole lines at %s', (_, text) => {
    expect(placeAt(...marked(text), true)).toBe('statement');
  });

  it.each([
    ['in a call', 'cube = load_url(|, format="Parquet")'],
    ['in a call without an end', 'load_url(|'],
    ['on a line of its own in a call', 'load_url(\n    |\n)'],
    ['behind an argument', 'load_url("x", |'],
    ['after =', 'a = |'],
    ['after a word that waits', 'return |'],
    ['before something', 'a = | + b'],
    ['a selection', 'a = |b|'],
    ['a line magic', '%timeit read |'],
    ['a magic with something behind it', '%cd | /tmp'],
    ['an open argument', '!curl --url=|'],
    ['a shell line', '!curl -O |'],
    ['a shell line that goes on', '!curl \\\n  |']
  ])('takes the value %s', (_, text) => {
    expect(placeAt(...marked(text), true)).toBe('expression');
  });

  it('takes the value in each line of other languages that has something', () => {
    expect(placeAt('curl -O ', 8, 8, false)).toBe('expression');
    expect(placeAt('a\n', 2, 2, false)).toBe('statement');
  });
});

it.each([
  ['a = 1', 0],
  ['%%time\na = 1', 7],
  ['from __future__ import annotations\n%%x\na', 39],
  ['%%time', 6],
  ['\n %%time\na', 9]
])('puts an import into %j at %d', (source, at) => {
  expect(importPlace(source)).toBe(at);
});

it('reads the line around a cursor', () => {
  expect(lineAround('ab\ncd\nef', 4)).toEqual(['c', 'd']);
  expect(lineAround('ab', 2)).toEqual(['ab', '']);
});

it.each([
  ['!curl |', true],
  ['a = 1\n  %cd |', true],
  ['%|', true],
  ['>>> !curl |', true],
  ['In [1]: a = 1\n   ...: %cd |', true],
  ['files = !ls |', true],
  ['files = %sx ls |', true],
  ['!curl \\\n  -O \\\n  |', true],
  ['%cd x\n|', false],
  ['|!ls', false],
  ['x = (a\n  % |', false],
  ['a = "=!" + |', false],
  ['a = b  # =!|', false],
  ['a != |', false]
])('knows what a shell or a magic reads: %j', (text, reads) => {
  const [source, at] = marked(text);
  expect(inCommand(source, at)).toBe(reads);
});

it.each([
  ['%%bash\ncurl', true],
  ['\n  %%bash -s "a"\n', true],
  ['%%writefile a.py', true],
  ['>>> %%bash\n... curl', true],
  ['In [12]: %%bash\ncurl', true],
  ['%%timer', true],
  ['%%time\n%%sh\ncurl', true],
  ['%%capture out\n%%timeit -n 1\na', false],
  ['%%prun', false],
  ['%time a', false],
  ['a = 1\n%%bash', false]
])('knows a cell that the kernel’s Python does not run: %j', (source, is) => {
  expect(isCommandCell(source)).toBe(is);
});

it.each([
  ['a\n^cube = c.load(\n    "S2")|'],
  ['^(cube\n   .filter())|'],
  ['a\n^b = c + \\\n    d|'],
  ['a\n^  b = """(\n x\n"""|'],
  ['f(a)  # (\n^b|'],
  ['# a \\\n^b|'],
  ['a\n^|'],
  ['^f(a,\n\n  b\n)|'],
  ['^|']
])('finds where a statement begins: %j', text => {
  const [source, at] = marked(text.replace('^', ''));
  expect(statementStart(source, at)).toBe(text.indexOf('^'));
});

it('finds the start behind many lines without reading them again for each', () => {
  const source = `a = [\n${'  "x",\n'.repeat(100_000)}]`;
  expect(statementStart(source, source.length)).toBe(0);
});

it.each([
  ['if x:  # why', true],
  ['def f(a,\n      b):', true],
  ['# Load the file:', false],
  ['a = "b:"', false],
  ['if "#": ', true]
])('knows what opens a block: %j', (text, opens) => {
  expect(opensBlock(text)).toBe(opens);
});
