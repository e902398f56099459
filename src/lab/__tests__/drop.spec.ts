import { nullTranslator } from '@jupyterlab/translation';
import { MimeData } from '@lumino/coreutils';

import { DropStrip } from '../dropStrip';
import { FileDrag } from '../fileDrag';
import { IconDrop, REST } from '../iconDrop';

const PATHS = { 'application/x-jupyter-icontents': ['a.tif'] };
const FILES = { types: ['Files'], items: [], files: [] };
const TEXT = { types: ['text/plain'] };

/** A drag of JupyterLab's file browser, or of something else of it. */
function lumino(
  type: string,
  data: Record<string, unknown> = PATHS,
  relatedTarget: EventTarget | null = null
): Event {
  const mimeData = new MimeData();
  Object.entries(data).forEach(([mime, value]) =>
    mimeData.setData(mime, value)
  );
  return Object.assign(
    new MouseEvent(type, { cancelable: true, bubbles: true, relatedTarget }),
    { mimeData, proposedAction: 'move', dropAction: 'none' }
  );
}

/** A drag of the desktop's. */
function native(
  type: string,
  dataTransfer: object = FILES,
  relatedTarget: EventTarget | null = null
): Event {
  return Object.assign(
    new MouseEvent(type, { cancelable: true, bubbles: true, relatedTarget }),
    { dataTransfer }
  );
}

describe('Where files go in while the panel is closed', () => {
  let shown: number;
  let taken: unknown[];
  const actions = {
    show: () => {
      shown += 1;
    },
    take: (dropped: unknown) => taken.push(dropped),
    takePaths: (paths: readonly string[]) => taken.push(...paths)
  };

  beforeEach(() => {
    jest.useFakeTimers();
    shown = 0;
    taken = [];
  });

  afterEach(() => {
    jest.useRealTimers();
    document.body.replaceChildren();
  });

  describe('IconDrop', () => {
    let icon: Element;
    let drawing: Element;
    let other: Element;
    let drop: IconDrop;

    beforeEach(() => {
      const bar = document.createElement('ul');
      bar.className = 'jp-SideBar';
      for (const id of ['the-panel', 'another']) {
        const tab = document.createElement('li');
        tab.className = 'lm-TabBar-tab';
        tab.dataset.id = id;
        tab.append(document.createElement('svg'));
        bar.append(tab);
      }
      document.body.append(bar);
      [icon, other] = Array.from(bar.children) as [Element, Element];
      drawing = icon.firstElementChild as Element;
      drop = new IconDrop('the-panel', actions);
    });

    afterEach(() => {
      drop.dispose();
      drop.dispose();
    });

    it.each([
      ['desktop', native, 'drag'],
      ['file browser', lumino, 'lm-drag']
    ] as const)('opens the panel under a drag of the %s', (_, event, drag) => {
      const enter = event(`${drag}enter`);
      drawing.dispatchEvent(enter);
      expect(enter.defaultPrevented).toBe(true);
      jest.advanceTimersByTime(REST - 1);
      drawing.dispatchEvent(event(`${drag}over`));
      expect(shown).toBe(0);
      jest.advanceTimersByTime(1);
      expect(shown).toBe(1);
      jest.advanceTimersByTime(5 * REST);
      expect(shown).toBe(1);
    });

    it('opens nothing for a drag that goes on', () => {
      icon.dispatchEvent(native('dragenter'));
      icon.dispatchEvent(native('dragleave', FILES, drawing)); // it is still there
      drawing.dispatchEvent(native('dragleave', FILES, other));
      jest.advanceTimersByTime(5 * REST);
      expect(shown).toBe(0);
    });

    it.each([
      ['a tab', () => lumino('lm-dragenter', { 'text/plain': 'a tab' })],
      ['a text', () => native('dragenter', TEXT)]
    ])('leaves %s alone', (_, event) => {
      const enter = event();
      icon.dispatchEvent(enter);
      jest.advanceTimersByTime(5 * REST);
      expect(enter.defaultPrevented).toBe(false);
      expect(shown).toBe(0);
    });

    it('leaves the other icons alone', () => {
      const over = native('dragover');
      other.dispatchEvent(over);
      other.dispatchEvent(native('drop'));
      jest.advanceTimersByTime(5 * REST);
      expect(over.defaultPrevented).toBe(false);
      expect(taken).toEqual([]);
      expect(shown).toBe(0);
    });

    it('stages what is let go on it', () => {
      drawing.dispatchEvent(lumino('lm-dragover'));
      drawing.dispatchEvent(lumino('lm-drop'));
      drawing.dispatchEvent(native('drop'));
      expect(taken).toEqual(['a.tif', { files: [], folders: [] }]);
      expect(shown).toBe(2);
    });
  });

  describe('DropStrip', () => {
    let drag: FileDrag;
    let strip: DropStrip;
    let place: HTMLElement;
    let wanted: boolean;

    beforeEach(() => {
      place = document.createElement('div');
      document.body.append(place);
      wanted = true;
      drag = new FileDrag();
      strip = new DropStrip({
        drag,
        actions,
        wanted: () => wanted,
        trans: nullTranslator.load('test')
      });
    });

    afterEach(() => {
      strip.dispose();
      strip.dispose();
      drag.dispose();
      drag.dispose();
    });

    it.each([
      ['files of the desktop', () => native('dragenter'), true],
      ['files of the file browser', () => lumino('lm-dragenter'), true],
      ['a text', () => native('dragenter', TEXT), false],
      [
        'a cell',
        () => lumino('lm-dragenter', { 'application/vnd.jupyter.cells': [] }),
        false
      ]
    ])('shows for %s: %s', (_, event, isThere) => {
      const enter = event();
      place.dispatchEvent(enter);
      expect(strip.node.isConnected).toBe(isThere);
      expect(enter.defaultPrevented).toBe(false); // the others' drops stay theirs
    });

    it('is not there where nobody needs it', () => {
      wanted = false;
      place.dispatchEvent(native('dragenter'));
      expect(strip.node.isConnected).toBe(false);
      wanted = true;
      strip.update();
      expect(strip.node.isConnected).toBe(true);
    });

    it.each([
      ['is dropped', () => native('drop')],
      ['is dropped by JupyterLab', () => lumino('lm-drop')],
      ['is let go anywhere', () => new MouseEvent('pointerup')],
      ['leaves the window', () => native('dragleave')],
      ['has ended unheard', () => new MouseEvent('pointermove')]
    ])('goes when the drag %s', (_, event) => {
      place.dispatchEvent(native('dragenter'));
      place.dispatchEvent(native('dragleave', FILES, document.body));
      window.dispatchEvent(new MouseEvent('pointermove', { buttons: 1 }));
      jest.advanceTimersByTime(10_000);
      expect(strip.node.isConnected).toBe(true);
      place.dispatchEvent(event());
      window.dispatchEvent(event());
      jest.advanceTimersByTime(1000);
      expect(strip.node.isConnected).toBe(false);
    });

    it('stays where a browser does not tell what a drag goes to', () => {
      place.dispatchEvent(native('dragenter'));
      for (let times = 0; times < 10; times += 1) {
        place.dispatchEvent(native('dragleave'));
        jest.advanceTimersByTime(300);
        place.dispatchEvent(native('dragover'));
        expect(strip.node.isConnected).toBe(true);
      }
    });

    it('stages what is let go on it', () => {
      place.dispatchEvent(lumino('lm-dragenter'));
      strip.node.dispatchEvent(lumino('lm-dragenter'));
      expect(strip.node).toHaveClass('jp-mod-dropTarget');
      strip.node.dispatchEvent(lumino('lm-drop'));
      jest.advanceTimersByTime(0);
      expect(taken).toEqual(['a.tif']);
      expect(shown).toBe(1);
      expect(strip.node.isConnected).toBe(false);
    });
  });
});
