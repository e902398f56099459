/** What of a grid's line matters to keys. */
export interface ILine {
  /** What is typed to come to it; absent in a heading, which takes no focus. */
  readonly name?: string;
}

/** The line that a key leads to; null where it leads nowhere. */
export function destinationOf(
  key: string,
  from: number,
  lines: readonly ILine[],
  page: (from: number, pages: 1 | -1) => number
): number | null {
  const last = lines.length - 1;
  switch (key) {
    case 'ArrowDown':
      return rowFrom(lines, from + 1, 1) ?? from;
    case 'ArrowUp':
      return rowFrom(lines, from - 1, -1) ?? from;
    case 'PageDown': {
      const to = Math.max(page(from, 1), from);
      return rowFrom(lines, to, 1) ?? rowFrom(lines, to, -1);
    }
    case 'PageUp': {
      const to = Math.min(page(from, -1), from);
      return rowFrom(lines, to, -1) ?? rowFrom(lines, to, 1);
    }
    case 'Home':
      return rowFrom(lines, 0, 1);
    case 'End':
      return rowFrom(lines, last, -1);
    default:
      return null;
  }
}

/** The first row from a line on, in a direction. */
function rowFrom(
  lines: readonly ILine[],
  from: number,
  step: 1 | -1
): number | null {
  for (let index = from; index in lines; index += step) {
    if (lines[index]!.name !== undefined) {
      return index;
    }
  }
  return null;
}

/** The next row whose name begins with what was typed; one letter again and again goes round. */
export function rowNamed(
  lines: readonly ILine[],
  from: number,
  typed: string
): number | null {
  const again = new Set(typed).size === 1;
  const wanted = (again ? typed.charAt(0) : typed).toLocaleLowerCase();
  const count = lines.length;
  for (let step = again ? 1 : 0; step <= count; step += 1) {
    const index = (from + step) % count;
    if (lines[index]?.name?.toLocaleLowerCase().startsWith(wanted)) {
      return index;
    }
  }
  return null;
}
