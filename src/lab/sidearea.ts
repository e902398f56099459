import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';

/** The shell of an application that is not JupyterLab: Notebook's can open its left side. */
export interface IOtherShell extends JupyterFrontEnd.IShell {
  expandLeft?(id: string): void;
}

/** Whether an application has a side to put a panel on; a published page (Voila) has none. */
export function hasSideArea(
  shell: IOtherShell,
  labShell: ILabShell | null
): boolean {
  return labShell !== null || shell.expandLeft !== undefined;
}

/** Show a panel of the sides. */
export function showPanel(
  shell: IOtherShell,
  labShell: ILabShell | null,
  id: string
): void {
  if (!hasSideArea(shell, labShell)) {
    return;
  }
  for (const area of ['left', 'right']) {
    for (const widget of shell.widgets(area)) {
      if (widget.id === id && widget.isVisible) {
        // Asked for once more, it would be closed by Notebook 7.2.
        widget.activate();
        return;
      }
    }
  }
  shell.activateById(id);
}
