import type { ILabShell } from '@jupyterlab/application';
import { Widget } from '@lumino/widgets';

import { showPanel, type IOtherShell } from '../sidearea';

const ID = 'a-panel';

/** A shell whose side is closed by a second wish to open it, as that of Notebook 7.2. */
function togglingShell(panel: Widget, area: string): IOtherShell {
  const expand = (id: string): void => {
    expect(id).toBe(ID);
    panel.setHidden(panel.isVisible);
  };
  return {
    expandLeft: expand,
    activateById: expand,
    widgets: (wanted: string) => (wanted === area ? [panel] : []).values()
  } as unknown as IOtherShell;
}

describe('showPanel', () => {
  let panel: Widget;

  beforeEach(() => {
    panel = new Widget();
    panel.id = ID;
    Widget.attach(panel, document.body);
    panel.hide();
  });

  afterEach(() => {
    panel.dispose();
  });

  it.each(['left', 'right'])(
    'shows a panel on the %s, and leaves it there when asked again',
    area => {
      // Given
      const shell = togglingShell(panel, area);

      // When
      showPanel(shell, null, ID);

      // Then
      expect(panel.isVisible).toBe(true);
      showPanel(shell, null, ID);
      expect(panel.isVisible).toBe(true);
    }
  );

  it('does nothing where there are no sides', () => {
    // Given a published page
    const activateById = jest.fn();
    const shell = { activateById } as unknown as IOtherShell;

    // When
    showPanel(shell, null, ID);

    // Then
    expect(activateById).not.toHaveBeenCalled();
  });

  it("leaves the rest to JupyterLab's shell", () => {
    // Given
    const activateById = jest.fn();
    const shell = {
      activateById,
      widgets: () => [panel].values()
    } as unknown as ILabShell;

    // When
    showPanel(shell, shell, ID);

    // Then
    expect(activateById).toHaveBeenCalledWith(ID);
  });
});
