import type { IDisposable } from '@lumino/disposable';

import { DropTarget, type IDropped } from '../files';

/** How long files rest on the icon until the panel opens (ms). */
export const REST = 400;

/** What {@link IconDrop} and {@link DropStrip} do. */
export interface IDropActions {
  readonly show: () => void;
  readonly take: (dropped: IDropped) => void;
  readonly takePaths: (paths: readonly string[]) => void;
}

/** Lets the panel's icon in a side bar take files, and open the panel under them. */
export class IconDrop implements IDisposable {
  /**
   * @param panel - The panel's id, which JupyterLab's side bar puts on its icon.
   */
  constructor(panel: string, actions: IDropActions) {
    this._target = new DropTarget(document.body, {
      // Icons are drawn anew, and one element may become that of another panel.
      within: `.jp-SideBar .lm-TabBar-tab[data-id="${panel}"]`,
      onHover: hovering => {
        if (!hovering) {
          clearTimeout(this._resting);
          this._resting = undefined;
        } else {
          this._resting ??= setTimeout(actions.show, REST);
        }
      },
      onDropped: dropped => {
        actions.show();
        actions.take(dropped);
      },
      onPaths: paths => {
        actions.show();
        actions.takePaths(paths);
      }
    });
  }

  get isDisposed(): boolean {
    return this._target.isDisposed;
  }

  dispose(): void {
    clearTimeout(this._resting);
    this._target.dispose();
  }

  private readonly _target: DropTarget;
  private _resting: ReturnType<typeof setTimeout> | undefined;
}
