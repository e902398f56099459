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
