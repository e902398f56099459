/** Whole lines, or the value alone. */
export type Place = 'statement' | 'expression';

/** Words of Python behind which a value has to follow. */
const WAITING =
  /(?:^|[^\w.])(?:return|yield|await|in|is|and|or|not|if|elif|while|else|lambda|assert|raise|for)\s+$/;

/** Strings and comments of Python. */
const SILENT =
  /("""|''')[\s\S]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g;

/** What fits at a cursor, or in place of what is selected. */
export function placeAt(
  source: string,
  start: number,
  end: number,
  python: boolean
): Place {
  const [before, after] = lineAround(source, start, end);
  if (start < end || (python && depthOf(source.slice(0, start)) > 0)) {
    return 'expression';
  }
  if (!before.trim() && !after.trim()) {
    return 'statement';
  }
  if (!python || /^\s*[%!]/.test(before)) {
    return 'expression';
  }
  if (!before.trim()) {
    return 'statement';
  }
  // At the end of a line that is whole without it, a line of its own follows.
  const isWhole = /[\w)\]}"':]\s*$/.test(before) && !WAITING.test(before);
  const isComment = /^\s*#/.test(before);
  return isComment || (!after.trim() && isWhole) ? 'statement' : 'expression';
}

/** What a line has before the cursor, and what behind it. */
export function lineAround(
  source: string,
  start: number,
  end = start
): [string, string] {
  const from = source.lastIndexOf('\n', start - 1) + 1;
  const to = source.indexOf('\n', end);
  return [
    source.slice(from, start),
    source.slice(end, to < 0 ? source.length : to)
  ];
}

/** Where an import goes in a cell: at its top, below what has to stand first. */
export function importPlace(source: string): number {
  const first = /^(?:(?:%%|from __future__ )[^\n]*(?:\n|$))*/.exec(source);
  return first?.[0].length ?? 0;
}

/** How many brackets are open. */
function depthOf(source: string): number {
  const code = source.replace(SILENT, '');
  const count = (brackets: RegExp): number => code.match(brackets)?.length ?? 0;
  return count(/[([{]/g) - count(/[)\]}]/g);
}
