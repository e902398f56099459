import type { Cell } from '@jupyterlab/cells';
import type {
  INotebookTracker,
  Notebook,
  NotebookPanel
} from '@jupyterlab/notebook';

import type { Snippet } from '../transport';
import { type INotebookNames, namesIn, wholeText } from './names';
import {
  type Place,
  importPlace,
  inCommand,
  isCommandCell,
  lineAround,
  opensBlock,
  placeAt,
  statementStart
} from './place';

/** The kinds of cell there are. */
export type CellType = 'code' | 'markdown' | 'raw';

/** What a text is written in that a shell or a magic may read instead of Python. */
export const SHELL_LINE = 'shell-line';

/** Where a text is to go, for who writes it. */
export interface ISpot extends INotebookNames {
  readonly place: Place;
  /** What reads the text: the language that was given, or {@link SHELL_LINE}. */
  readonly language: string;
  /** The cell that is being edited; null: the empty active one, or a new one. */
  readonly cell: Cell | null;
}

/** Whether a text that was written for one spot fits the other as well. */
export function isSameSpot(one: ISpot, other: ISpot): boolean {
  return (
    one.cell === other.cell &&
    one.place === other.place &&
    one.language === other.language
  );
}

/** Where text has gone; cells are counted from 1, as they stand in the notebook. */
export interface IPlace {
  /** Into a cell that was there, or into a new one below it. */
  readonly where: 'in' | 'below';
  readonly cell: number;
}

/**
 * Where text goes in the notebook that was used last.
 *
 * Clicking in the panel takes the focus from the notebook, and with it the notebook leaves edit
 * mode. What the person was editing is therefore remembered by {@link leftBehind}: at that cursor
 * they expect the text.
 */
export class InsertionPoint {
  constructor(private readonly _tracker: INotebookTracker | null) {}

  /** The notebook that text would go to. */
  get notebook(): NotebookPanel | null {
    const panel = this._tracker?.currentWidget ?? null;
    return panel && !panel.isDisposed && panel.content.model ? panel : null;
  }

  /** The kind of cell that text would go to. */
  get cellType(): CellType {
    const type = this.notebook?.content.activeCell?.model.type;
    return type === 'markdown' || type === 'raw' ? type : 'code';
  }

  /** The language of the kernel, as far as the notebook tells; in lower case, empty if not. */
  get language(): string {
    const model = this.notebook?.content.model;
    return model?.defaultKernelLanguage.toLowerCase() ?? '';
  }

  /** Whether nothing may be written in the notebook. */
  get readOnly(): boolean {
    return this.notebook?.content.model?.readOnly ?? true;
  }

  /** Whether an element is in a cell that text can go to. */
  takes(element: Element): boolean {
    return this._cellOf(element) !== null;
  }

  /** Put the cursor where something was dropped on a cell; false where that is none. */
  goTo(element: Element, x: number, y: number): boolean {
    const found = this._cellOf(element);
    if (!found) {
      return false;
    }
    const { content, cell } = found;
    const { editor } = cell;
    content.activeCellIndex = content.widgets.indexOf(cell);
    content.mode = 'edit';
    editor?.focus(); // the notebook is the one in use then
    const at = editor?.getPositionForCoordinate({
      left: x,
      right: x,
      top: y,
      bottom: y
    });
    if (at) {
      editor?.setCursorPosition(at);
    }
    return true;
  }

  /** The element that had the focus when it came to the panel. */
  leftBehind(element: Element | null): void {
    this._left = element ? new WeakRef(element) : null;
  }

  /** See where a text in a language would go. */
  look(language: string): ISpot {
    const cell = this._editedCell();
    const names = this.names();
    const source = cell?.model.sharedModel.getSource() ?? '';
    const python = language === 'python';
    if (python && isCommandCell(source)) {
      return { cell, place: 'expression', language: SHELL_LINE, ...names };
    }
    if (!cell?.editor) {
      return { cell, place: 'statement', language, ...names };
    }
    const [start, end] = selectionOf(cell.editor);
    const place = placeAt(source, start, end, python);
    const isCommand =
      python && place === 'expression' && inCommand(source, start);
    return {
      cell,
      place,
      language: isCommand ? SHELL_LINE : language,
      ...names
    };
  }

  /** What the notebook has at the active cell. */
  names(): INotebookNames {
    const content = this.notebook?.content;
    return namesOf(content?.widgets ?? [], content?.activeCellIndex ?? 0);
  }

  /** Put a text where it was to go; null if nowhere. */
  insert(snippet: Snippet, { cell, place }: ISpot): IPlace | null {
    const content = this.notebook?.content;
    const here = (index: number): IPlace => ({ where: 'in', cell: index + 1 });
    const edited =
      cell && !cell.isDisposed ? content?.widgets.indexOf(cell) : -1;
    if (cell && edited !== undefined && edited >= 0) {
      this._insertAtCursor(cell, snippet, place);
      return here(edited);
    }
    const source = wholeText(snippet);
    const shift = source.length - snippet.text.length;
    const cursor = snippet.cursor.start + shift;
    const active = content?.activeCell;
    if (content && active && !active.model.sharedModel.getSource().trim()) {
      active.model.sharedModel.setSource(source);
      this._focus(active, cursor);
      return here(content.activeCellIndex);
    }
    return this.insertBelow(source, this.cellType, cursor);
  }

  /** Put text in a new cell below the active one; null where no notebook takes it. */
  insertBelow(
    source: string,
    type: CellType = 'code',
    cursor = 0
  ): IPlace | null {
    const panel = this.notebook;
    const model = panel?.content.model;
    if (!panel || !model) {
      return null;
    }
    const index =
      model.cells.length === 0 ? 0 : panel.content.activeCellIndex + 1;
    model.sharedModel.insertCell(index, {
      cell_type: type,
      source,
      // Written by the person's own click, like a cell they add themselves.
      metadata: type === 'code' ? { trusted: true } : {}
    });
    panel.content.activeCellIndex = index;
    panel.content.deselectAll();
    const cell = panel.content.activeCell;
    if (cell) {
      this._focus(cell, cursor);
    }
    return index === 0
      ? { where: 'in', cell: 1 }
      : { where: 'below', cell: index };
  }

  private _cellOf(element: Element): { content: Notebook; cell: Cell } | null {
    const panel = this._tracker?.find(({ node }) => node.contains(element));
    const cell = panel?.content.widgets.find(({ node }) =>
      node.contains(element)
    );
    return panel?.content.model?.readOnly === false && cell
      ? { content: panel.content, cell }
      : null;
  }

  private _insertAtCursor(cell: Cell, snippet: Snippet, place: Place): void {
    const editor = cell.editor;
    const shared = cell.model.sharedModel;
    if (!editor) {
      shared.setSource(`${shared.getSource()}\n${wholeText(snippet)}`);
      return;
    }
    const source = shared.getSource();
    let [start, end] = selectionOf(editor);
    let { text } = snippet;
    let [from, to] = [snippet.cursor.start, snippet.cursor.end];
    if (place === 'statement') {
      // Nothing goes above a magic of the cell.
      start = end = Math.max(start, importPlace(source));
      const [before, after] = lineAround(source, start);
      const statement = before.trim()
        ? source.slice(statementStart(source, start), start)
        : before;
      const deeper = opensBlock(statement) ? '    ' : '';
      const indent = (/^[ \t]*/.exec(statement)?.[0] ?? '') + deeper;
      const indented = (lines: string): string =>
        lines.split('\n').join(`\n${indent}`);
      from = indented(text.slice(0, from)).length;
      to = indented(text.slice(0, to)).length;
      text = indented(text);
      if (before.trim()) {
        // A line of its own, below the one that is whole.
        start = end = start + after.length;
        const lead = `\n${indent}`;
        text = lead + text;
        [from, to] = [from + lead.length, to + lead.length];
      } else if (after.trim()) {
        text += `\n${indent}`;
      }
    }
    shared.transact(() => {
      shared.updateSource(start, end, text);
      if (snippet.import !== null) {
        const top = importPlace(source);
        const lead = top > 0 && source[top - 1] !== '\n' ? '\n' : '';
        const line = `${lead}${snippet.import}\n`;
        shared.updateSource(top, top, line);
        start += line.length;
      }
    });
    select(cell, start + from, start + to);
    editor.focus();
  }

  /** The active cell, if it is or a moment ago was being edited. */
  private _editedCell(): Cell | null {
    const content = this.notebook?.content;
    const cell = content?.activeCell;
    if (!content || !cell) {
      return null;
    }
    const left = this._left?.deref();
    const editing =
      content.mode === 'edit' ||
      (left !== undefined && (cell.editorWidget?.node.contains(left) ?? false));
    return editing ? cell : null;
  }

  private _focus(cell: Cell, cursor: number): void {
    const panel = this.notebook;
    void cell.ready.then(() => {
      if (panel && !panel.isDisposed && !cell.isDisposed) {
        select(cell, cursor, cursor);
        panel.content.mode = 'command';
        cell.node.focus();
        void panel.content.scrollToItem(panel.content.activeCellIndex);
      }
    });
  }

  private _left: WeakRef<Element> | null = null;
}

/** What the code cells of a notebook have, for a line that goes to one or below it. */
export function namesOf(
  cells: readonly Pick<Cell, 'model'>[],
  index: number
): INotebookNames {
  const sources = cells.map(({ model }) =>
    model.type === 'code' ? model.sharedModel.getSource() : ''
  );
  return namesIn(sources, sources.slice(0, index + 1));
}

function selectionOf(editor: NonNullable<Cell['editor']>): [number, number] {
  const selection = editor.getSelection();
  const ends = [selection.start, selection.end].map(each =>
    editor.getOffsetAt(each)
  );
  return [Math.min(...ends), Math.max(...ends)];
}

function select(cell: Cell, from: number, to: number): void {
  const start = cell.editor?.getPositionAt(from);
  const end = cell.editor?.getPositionAt(to);
  if (start && end) {
    cell.editor?.setSelection({ start, end });
  }
}
