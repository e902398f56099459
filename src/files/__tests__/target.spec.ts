import { MimeData } from '@lumino/coreutils';

import { DropTarget } from '../target';

function luminoEvent(type: string, data: Record<string, unknown>): Event {
  const mimeData = new MimeData();
  Object.entries(data).forEach(([mime, value]) =>
    mimeData.setData(mime, value)
  );
  return Object.assign(new Event(type, { cancelable: true, bubbles: true }), {
    mimeData,
    proposedAction: 'move',
    dropAction: 'none'
  });
}

const PATHS = { 'application/x-jupyter-icontents': ['a.tif', 'b/c.tif'] };

describe('DropTarget', () => {
  let node: HTMLElement;
  let hovers: boolean[];
  let paths: string[];
  let target: DropTarget;

  beforeEach(() => {
    node = document.createElement('div');
    hovers = [];
    paths = [];
    target = new DropTarget(node, {
      onHover: hovering => hovers.push(hovering),
      onDropped: () => undefined,
      onPaths: dropped => paths.push(...dropped)
    });
  });

  it('takes paths from the file browser, and lets it keep its files', () => {
    const over = luminoEvent('lm-dragover', PATHS);
    node.dispatchEvent(over);
    expect(over.defaultPrevented).toBe(true);
    expect((over as unknown as { dropAction: string }).dropAction).toBe('move');

    const drop = luminoEvent('lm-drop', PATHS);
    node.dispatchEvent(drop);
    expect(paths).toEqual(['a.tif', 'b/c.tif']);
    expect((drop as unknown as { dropAction: string }).dropAction).toBe('none');
    expect(hovers).toEqual([true, false]);
  });

  it('leaves other drags of JupyterLab alone', () => {
    const event = luminoEvent('lm-dragover', { 'text/plain': 'a tab' });
    node.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
    expect(hovers).toEqual([]);
  });

  it('leaves a dragged text alone', () => {
    const event = Object.assign(new Event('dragover', { cancelable: true }), {
      dataTransfer: { types: ['text/plain'] }
    });
    node.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
  });

  it('does not think a drag left that went to a child', () => {
    const child = node.appendChild(document.createElement('p'));
    node.dispatchEvent(luminoEvent('lm-dragenter', PATHS));
    node.dispatchEvent(
      Object.assign(luminoEvent('lm-dragleave', PATHS), {
        relatedTarget: child
      })
    );
    expect(hovers).toEqual([true]);
  });

  it('lets go of its element, twice if need be', () => {
    target.dispose();
    target.dispose();
    node.dispatchEvent(luminoEvent('lm-drop', PATHS));
    expect(paths).toEqual([]);
  });
});
