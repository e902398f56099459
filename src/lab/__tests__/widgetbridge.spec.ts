import type { NotebookPanel } from '@jupyterlab/notebook';

import { type IInsertDetail, INSERT_EVENT } from '../../insert/event';
import { insertForWidget } from '../widgetbridge';

interface ICell {
  cell_type: string;
  source: string;
}

/** A notebook of three cells, as far as the bridge looks at one. */
function notebook(readOnly = false): {
  panel: NotebookPanel;
  outputs: HTMLElement[];
  inserted: [number, ICell][];
} {
  const node = document.createElement('div');
  const inserted: [number, ICell][] = [];
  const widgets = [0, 1, 2].map(index => {
    const cell = document.createElement('div');
    cell.append(document.createElement('div'));
    node.append(cell);
    const model = {
      type: index === 1 ? 'markdown' : 'code',
      sharedModel: { getSource: () => `name_${index} = 1` }
    };
    return { node: cell, model };
  });
  document.body.append(node);
  const model = {
    readOnly,
    sharedModel: {
      insertCell: (index: number, cell: ICell) => inserted.push([index, cell])
    }
  };
  return {
    panel: { node, content: { model, widgets } } as unknown as NotebookPanel,
    outputs: widgets.map(cell => cell.node.firstChild as HTMLElement),
    inserted
  };
}

function ask(from: Element, panels: NotebookPanel[], detail: unknown): boolean {
  const tracker = {
    find: (test: (panel: NotebookPanel) => boolean) => panels.find(test)
  };
  const event = new CustomEvent(INSERT_EVENT, {
    detail,
    bubbles: true,
    cancelable: true
  });
  const listen = (heard: Event): void => insertForWidget(heard, tracker);
  document.addEventListener(INSERT_EVENT, listen);
  const left = from.dispatchEvent(event);
  document.removeEventListener(INSERT_EVENT, listen);
  return !left;
}

const SOURCE = 'url = presigned_url("s3://bucket/key")';

describe('The bridge of the widget', () => {
  afterEach(() => {
    document.body.replaceChildren();
  });

  it('offers the notebook that it was asked from, and inserts below that cell', () => {
    // Given
    const [first, second] = [notebook(), notebook()];
    const panels = [first.panel, second.panel];
    const detail: IInsertDetail = {};
    // When
    expect(ask(second.outputs[2]!, panels, detail)).toBe(true);
    // Then
    expect(detail.notebook).toMatchObject({
      taken: ['name_0', 'name_2'],
      imported: false
    });
    // When
    expect(detail.notebook!.insertBelow(SOURCE)).toBe(true);
    // Then
    expect(first.inserted).toEqual([]);
    const metadata = { trusted: true };
    expect(second.inserted).toEqual([
      [3, { cell_type: 'code', source: SOURCE, metadata }]
    ]);
  });

  it('inserts nothing where the cell has gone meanwhile', () => {
    const { panel, outputs, inserted } = notebook();
    const detail: IInsertDetail = {};
    ask(outputs[0]!, [panel], detail);
    (panel.content.widgets as unknown[]).shift();
    expect(detail.notebook!.insertBelow(SOURCE)).toBe(false);
    expect(inserted).toEqual([]);
  });

  it.each([
    ['a notebook that is read-only', true, {}],
    ['a detail of another form', false, 'x'],
    ['no detail', false, null]
  ])('leaves alone %s', (_, readOnly, detail) => {
    const { panel, outputs } = notebook(readOnly);
    expect(ask(outputs[0]!, [panel], detail)).toBe(false);
  });

  it('leaves alone what is in no notebook', () => {
    const { panel } = notebook();
    const elsewhere = document.createElement('div');
    document.body.append(elsewhere);
    expect(ask(elsewhere, [panel], {})).toBe(false);
  });
});
