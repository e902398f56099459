import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker } from '@jupyterlab/notebook';

import type { Snippet } from '../../transport';
import { InsertionPoint } from '../cell';

const IMPORT = 'from jupyter_openeo_artifacts import presigned_url';

interface IPosition {
  readonly line: number;
  readonly column: number;
}

/** A cell of a notebook, as far as text is put in one. */
class FakeCell {
  constructor(
    public source: string,
    readonly type: string,
    public selected: [number, number] = [0, 0]
  ) {}

  readonly isDisposed = false;
  readonly node = document.createElement('div');
  readonly ready = Promise.resolve();
  readonly editorWidget = { node: this.node };

  readonly model = {
    type: this.type,
    sharedModel: {
      getSource: () => this.source,
      setSource: (source: string) => {
        this.source = source;
      },
      transact: (work: () => void) => work(),
      updateSource: (start: number, end: number, text: string) => {
        this.source =
          this.source.slice(0, start) + text + this.source.slice(end);
      }
    }
  };

  readonly editor = {
    getSelection: () => ({
      start: this._position(this.selected[0]),
      end: this._position(this.selected[1])
    }),
    setSelection: ({ start, end }: { start: IPosition; end: IPosition }) => {
      this.selected = [this._offset(start), this._offset(end)];
    },
    getOffsetAt: (position: IPosition) => this._offset(position),
    getPositionAt: (offset: number) => this._position(offset),
    focus: () => undefined
  };

  private _offset({ line, column }: IPosition): number {
    const above = this.source.split('\n').slice(0, line);
    return above.reduce((sum, each) => sum + each.length + 1, 0) + column;
  }

  private _position(offset: number): IPosition {
    const above = this.source.slice(0, offset).split('\n');
    return { line: above.length - 1, column: above.at(-1)!.length };
  }
}

/** A notebook with the last cell active; sources have the cursor as `|`. */
function notebook(
  mode: 'edit' | 'command',
  ...sources: string[]
): {
  point: InsertionPoint;
  cells: FakeCell[];
  shown: () => string[];
} {
  const cells = sources.map(text => {
    const at = Math.max(0, text.indexOf('|'));
    return new FakeCell(text.replace('|', ''), 'code', [at, at]);
  });
  const content = {
    widgets: cells,
    mode,
    activeCellIndex: cells.length - 1,
    get activeCell() {
      return cells[content.activeCellIndex];
    },
    deselectAll: () => undefined,
    scrollToItem: () => Promise.resolve(),
    model: {
      readOnly: false,
      defaultKernelLanguage: 'Python',
      cells,
      sharedModel: {
        insertCell: (index: number, made: { source: string }) =>
          cells.splice(index, 0, new FakeCell(made.source, 'code'))
      }
    }
  };
  const tracker = { currentWidget: { isDisposed: false, content } };
  return {
    point: new InsertionPoint(tracker as unknown as INotebookTracker),
    cells,
    shown: () =>
      cells.map(({ source, selected: [start, end] }) =>
        start === end
          ? `${source.slice(0, start)}|${source.slice(start)}`
          : `${source.slice(0, start)}[${source.slice(start, end)}]${source.slice(end)}`
      )
  };
}

function snippet(text: string, told: Partial<Snippet> = {}): Snippet {
  const cursor = { start: text.length, end: text.length };
  return {
    text,
    import: null,
    assigns: [],
    links: [],
    failed: [],
    cursor,
    ...told
  };
}

async function put(
  { point }: ReturnType<typeof notebook>,
  made: Snippet
): Promise<unknown> {
  const place = point.insert(made, point.look('python'));
  await Promise.resolve();
  return place;
}

describe('InsertionPoint', () => {
  it('replaces the hole in a call, and imports at the cell’s top', async () => {
    const book = notebook('edit', 'a = 1', '%%time\ncube = load_url(|, 1)');
    expect(book.point.look('python')).toMatchObject({
      place: 'expression',
      taken: ['a', 'time', 'cube', 'load_url'],
      imported: false
    });
    await put(book, snippet('presigned_url("x")', { import: IMPORT }));
    expect(book.shown()[1]).toBe(
      `%%time\n${IMPORT}\ncube = load_url(presigned_url("x")|, 1)`
    );
  });

  it('imports once', () => {
    expect(notebook('edit', IMPORT, '|').point.look('python').imported).toBe(
      true
    );
    const { point } = notebook('edit', 'a', `x\n${IMPORT}\ny|`);
    expect(point.look('python').imported).toBe(true);
  });

  it('puts a line of its own below one that is whole, as deep as that', async () => {
    const book = notebook('edit', 'if a:\n    b = 1|\n    c = 2');
    await put(book, snippet('u = (\n    "x"\n)'));
    expect(book.shown()).toEqual([
      'if a:\n    b = 1\n    u = (\n        "x"\n    )|\n    c = 2'
    ]);
  });

  it('puts a line above the one whose beginning the cursor is at', async () => {
    const book = notebook('edit', 'a = 1\n|b = 2');
    await put(book, snippet('u = "x"'));
    expect(book.shown()).toEqual(['a = 1\nu = "x"|\nb = 2']);
  });

  it('goes a step deeper below the head of a block', async () => {
    const book = notebook('edit', 'def f():|');
    await put(book, snippet('u = "x"'));
    expect(book.shown()).toEqual(['def f():\n    u = "x"|']);
  });

  it.each([
    ['cube = c.load(\n    "S2")|', 'cube = c.load(\n    "S2")\nu = 1|'],
    ['(cube\n   .filter())|', '(cube\n   .filter())\nu = 1|'],
    ['  a = b + \\\n      c|', '  a = b + \\\n      c\n  u = 1|'],
    ['def f(a,\n      b):|', 'def f(a,\n      b):\n    u = 1|'],
    ['# Load the file:|', '# Load the file:\nu = 1|'],
    ['if x:  # why|', 'if x:  # why\n    u = 1|'],
    ['if x:\n    |\n    y', 'if x:\n    u = 1|\n    y'],
    ['%load_ext x|\na', '%load_ext x\nu = 1|\na'],
    ['|%%time\na = 1', '%%time\nu = 1|\na = 1'],
    ['|%%time', '%%time\nu = 1|']
  ])(
    'writes lines as deep as the statement they follow: %j',
    async (at, to) => {
      const book = notebook('edit', at);
      await put(book, snippet('u = 1'));
      expect(book.shown()).toEqual([to]);
    }
  );

  it.each([
    ['!curl -O |', 'python', 'expression', 'shell-line'],
    ['%%bash\ncurl -O |', 'python', 'expression', 'shell-line'],
    ['%%bash\n|', 'python', 'expression', 'shell-line'],
    ['%%time\nf(|)', 'python', 'expression', 'python'],
    ['%cd x|', 'python', 'statement', 'python'],
    ['!x |', 'r', 'expression', 'r']
  ])('tells what reads the text: %j in %s', (at, language, place, reader) => {
    const { point } = notebook('edit', at);
    expect(point.look(language)).toMatchObject({ place, language: reader });
  });

  it('writes no statement in a cell of a shell that is not on the screen', () => {
    const book = notebook('edit', '%%bash\nls|');
    Object.assign(book.cells[0]!, { editor: null });
    expect(book.point.look('python')).toMatchObject({
      place: 'expression',
      language: 'shell-line'
    });
  });

  it('fills an empty cell, and leaves the cursor where the text says', async () => {
    const cursor = { start: 0, end: 8 };
    const book = notebook('command', 'a', '');
    const made = snippet('file_url = "x"', { import: IMPORT, cursor });
    expect(await put(book, made)).toEqual({ where: 'in', cell: 2 });
    expect(book.cells[1]!.source).toBe(`${IMPORT}\nfile_url = "x"`);
  });

  it('selects a name that is to be changed', async () => {
    const book = notebook('edit', '|');
    await put(
      book,
      snippet('file_url = "x"', {
        import: IMPORT,
        cursor: { start: 0, end: 8 }
      })
    );
    expect(book.shown()).toEqual([`${IMPORT}\n[file_url] = "x"`]);
  });

  it('makes a cell below one that has something', async () => {
    const book = notebook('command', 'a');
    expect(await put(book, snippet('u = "x"'))).toEqual({
      where: 'below',
      cell: 1
    });
    expect(book.shown()).toEqual(['|a', 'u = "x"|']);
  });

  it('keeps to the place that was looked at while the text was written', () => {
    const book = notebook('edit', 'f(|)', 'b');
    const cell = book.cells[0] as unknown as Cell;
    const spot = {
      cell,
      place: 'expression' as const,
      language: 'python',
      taken: [],
      imported: true
    };
    expect(book.point.insert(snippet('"x"'), spot)).toEqual({
      where: 'in',
      cell: 1
    });
    expect(book.shown()[0]).toBe('f("x"|)');
  });
});
