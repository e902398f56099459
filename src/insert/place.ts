/** Whole lines, or the value alone. */
export type Place = 'statement' | 'expression';

/** Words of Python behind which a value has to follow. */
const WAITING =
  /(?:^|[^\w.])(?:return|yield|await|in|is|and|or|not|if|elif|while|else|lambda|assert|raise|for)\s+$/;

/** Strings and comments of Python. */
const SILENT =
  /("""|''')[\s\S]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g;

/** Prompts of pasted lines, which IPython takes off before it looks for commands. */
const PROMPT = String.raw`(?:(?:>>>|\.{3,}:?|(?:\[\w+\] )?In \[\d+\]:)\s*)?`;

/** What calls a shell or a magic: `!curl`, `%cd`, `files = !ls`; `% b` goes on with Python. */
const COMMAND = new RegExp(String.raw`(?:^\s*${PROMPT}|=\s*)(?:!|%(?![\s=]))`);

/** What begins a cell of a magic. */
const CELL_MAGIC = new RegExp(String.raw`^\s*${PROMPT}%%`);

/** Magics whose cells run as Python. */
const RUNS_PYTHON = /^\s*%%(?:time|timeit|capture|prun)(?!\S)[^\n]*(?:\n|$)/;

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
  if (python && inCommand(source, start)) {
    // Directly behind a whole command nothing is added to it; behind a space an argument is.
    const isWhole = !after.trim() && /[^\s=(,<>|&\\]$/.test(before);
    return isWhole ? 'statement' : 'expression';
  }
  if (!before.trim() && !after.trim()) {
    return 'statement';
  }
  if (!python) {
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
  const first = /^(?:(?:\s*%%|from __future__ )[^\n]*(?:\n|$))*/.exec(source);
  return first?.[0].length ?? 0;
}

/** Whether a cursor is in a line that IPython gives to a shell or to a magic. */
export function inCommand(source: string, at: number): boolean {
  const lines = source.slice(0, at).split('\n');
  let line = lines.pop() ?? '';
  while (!COMMAND.test(codeOf(line))) {
    const above = lines.pop();
    if (!above?.endsWith('\\')) {
      return false;
    }
    line = above;
  }
  return true;
}

/** Whether a magic gives the whole cell to something other than the kernel's Python. */
export function isCommandCell(source: string): boolean {
  let rest = source;
  for (let first; (first = RUNS_PYTHON.exec(rest));) {
    rest = rest.slice(first[0].length);
  }
  return CELL_MAGIC.test(rest);
}

/** Where the statement begins that a cursor is in: its first line's first column. */
export function statementStart(source: string, at: number): number {
  const code = codeOf(source.slice(0, at));
  let depth = depthOf(code);
  let from = code.length;
  for (;;) {
    const line = from > 0 ? code.lastIndexOf('\n', from - 1) + 1 : 0;
    depth -= depthOf(code.slice(line, from));
    if (line === 0 || (depth <= 0 && code[line - 2] !== '\\')) {
      return line;
    }
    from = line - 1;
  }
}

/** Whether a block follows on what is before a cursor. */
export function opensBlock(before: string): boolean {
  return codeOf(before).trimEnd().endsWith(':');
}

/** A source with its strings and comments blank, each character at its place. */
function codeOf(source: string): string {
  return source.replace(SILENT, each =>
    each.startsWith('#')
      ? ' '.repeat(each.length)
      : `"${'_'.repeat(each.length - 2)}"`
  );
}

/** How many brackets are open. */
function depthOf(source: string): number {
  const code = codeOf(source);
  const count = (brackets: RegExp): number => code.match(brackets)?.length ?? 0;
  return count(/[([{]/g) - count(/[)\]}]/g);
}
