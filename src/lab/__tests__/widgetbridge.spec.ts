import type { NotebookPanel } from '@jupyterlab/notebook';

import { INSERT_EVENT } from '../../insert/event';
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
  const widgets = [0, 1, 2].map(() => {
    const cell = document.createElement('div');
    cell.append(document.createElement('div'));
    node.append(cell);
    return { node: cell };
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

const WANTED = {
  uri: 's3://bucket/key"\n__import__("os")',
  backend: 'https://openeo.example',
  name: 'a.tif'
};

describe('The bridge of the widget', () => {
  afterEach(() => {
    document.body.replaceChildren();
  });

  it('inserts below the cell it was asked from, in its own notebook', () => {
    const [first, second] = [notebook(), notebook()];
    const panels = [first.panel, second.panel];
    expect(ask(second.outputs[1]!, panels, WANTED)).toBe(true);
    expect(first.inserted).toEqual([]);
    expect(second.inserted).toHaveLength(1);
    const [index, cell] = second.inserted[0]!;
    expect(index).toBe(2);
    expect(cell.cell_type).toBe('code');
  });

  it('takes what it is told as data', () => {
    const { panel, outputs, inserted } = notebook();
    ask(outputs[0]!, [panel], WANTED);
    expect(inserted[0]![1].source.split('\n')).toEqual([
      'from jupyter_openeo_artifacts import presigned_url',
      'url = presigned_url("s3://bucket/key\\"\\n__import__(\\"os\\")", backend="https://openeo.example")'
    ]);
  });

  it.each([
    ['a notebook that is read-only', true, WANTED],
    ['a detail of another form', false, { uri: 3 }],
    ['no detail', false, null]
  ])('leaves alone %s', (_, readOnly, detail) => {
    const { panel, outputs, inserted } = notebook(readOnly);
    expect(ask(outputs[0]!, [panel], detail)).toBe(false);
    expect(inserted).toEqual([]);
  });

  it('leaves alone what is in no notebook', () => {
    const { panel, inserted } = notebook();
    const elsewhere = document.createElement('div');
    document.body.append(elsewhere);
    expect(ask(elsewhere, [panel], WANTED)).toBe(false);
    expect(inserted).toEqual([]);
  });
});
