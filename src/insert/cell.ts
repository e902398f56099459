import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

/** The kinds of cell there are. */
export type CellType = 'code' | 'markdown' | 'raw';

/** A piece of text in the two forms it can take in a code cell. */
export interface ICellText {
  /** Whole lines. */
  readonly statement: string;
  /** The value alone, for the middle of a line; absent where only whole lines make sense. */
  readonly expression?: string;
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

  /** Whether nothing may be written in the notebook. */
  get readOnly(): boolean {
    return this.notebook?.content.model?.readOnly ?? true;
  }

  /** The element that had the focus when it came to the panel. */
  leftBehind(element: Element | null): void {
    this._left = element ? new WeakRef(element) : null;
  }

  /** Put text at the cursor, into an empty active cell, or in a new cell below; null if nowhere. */
  insert(text: ICellText): IPlace | null {
    const here: IPlace = {
      where: 'in',
      cell: (this.notebook?.content.activeCellIndex ?? 0) + 1
    };
    const cell = this._editedCell();
    if (cell) {
      this._insertAtCursor(cell, text);
      return here;
    }
    const active = this.notebook?.content.activeCell;
    if (active && !active.model.sharedModel.getSource().trim()) {
      active.model.sharedModel.setSource(text.statement);
      this._focus(active);
      return here;
    }
    return this.insertBelow(text.statement, this.cellType);
  }

  /** Put text in a new cell below the active one; null where no notebook takes it. */
  insertBelow(source: string, type: CellType = 'code'): IPlace | null {
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
      this._focus(cell);
    }
    return index === 0
      ? { where: 'in', cell: 1 }
      : { where: 'below', cell: index };
  }

  private _insertAtCursor(cell: Cell, text: ICellText): void {
    const editor = cell.editor;
    const shared = cell.model.sharedModel;
    if (!editor) {
      shared.setSource(`${shared.getSource()}\n${text.statement}`);
      return;
    }
    const cursor = editor.getCursorPosition();
    const line = editor.getLine(cursor.line) ?? '';
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    let start = editor.getOffsetAt(cursor);
    let end = start;
    let inserted: string;
    if (line.trim() === '') {
      inserted = text.statement.split('\n').join(`\n${indent}`);
    } else if (text.expression !== undefined) {
      const selection = editor.getSelection();
      start = editor.getOffsetAt(selection.start);
      end = editor.getOffsetAt(selection.end);
      [start, end] = [Math.min(start, end), Math.max(start, end)];
      inserted = text.expression;
    } else {
      // Whole lines do not fit into the middle of one: they go above it.
      start = end = editor.getOffsetAt({ line: cursor.line, column: 0 });
      inserted = `${indent}${text.statement.split('\n').join(`\n${indent}`)}\n`;
    }
    shared.updateSource(start, end, inserted);
    const after = editor.getPositionAt(start + inserted.length);
    if (after) {
      editor.setCursorPosition(after);
    }
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

  private _focus(cell: Cell): void {
    const panel = this.notebook;
    void cell.ready.then(() => {
      if (panel && !panel.isDisposed && !cell.isDisposed) {
        panel.content.mode = 'command';
        cell.node.focus();
        void panel.content.scrollToItem(panel.content.activeCellIndex);
      }
    });
  }

  private _left: WeakRef<Element> | null = null;
}
