import { importPlace, lineAround, placeAt } from '../place';

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
    ['brackets in strings and comments', 'a = "(["  # {\n|']
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
    ['a shell line', '!curl -O |']
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
  ['%%time', 6]
])('puts an import into %j at %d', (source, at) => {
  expect(importPlace(source)).toBe(at);
});

it('reads the line around a cursor', () => {
  expect(lineAround('ab\ncd\nef', 4)).toEqual(['c', 'd']);
  expect(lineAround('ab', 2)).toEqual(['ab', '']);
});
