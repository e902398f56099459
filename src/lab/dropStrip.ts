import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import { DropTarget } from '../files';
import type { FileDrag } from './fileDrag';
import type { IDropActions } from './iconDrop';

/** What {@link DropStrip} is made of. */
export interface IDropStripOptions {
  readonly drag: FileDrag;
  readonly actions: IDropActions;
  /** Whether there is a need for it: the panel is not in sight. */
  readonly wanted: () => boolean;
  readonly trans: TranslationBundle;
}

/**
 * "Stage for openEO": takes files that are dragged over the application while the panel is closed.
 *
 * It lies on the status bar, where nobody else takes drops; without one, in the corner there. Who
 * does not drag has the commands, so it says nothing to a screen reader.
 */
export class DropStrip implements IDisposable {
  constructor(private readonly _options: IDropStripOptions) {
    const { actions, drag, trans } = _options;
    this.node = document.createElement('div');
    this.node.className = 'jp-OpenEOArtifacts-strip';
    this.node.setAttribute('aria-hidden', 'true');
    this.node.textContent = `⇪ ${trans.__('Stage for openEO')}`;
    this._target = new DropTarget(this.node, {
      onHover: hovering =>
        this.node.classList.toggle('jp-mod-dropTarget', hovering),
      onDropped: dropped => {
        actions.show();
        actions.take(dropped);
      },
      onPaths: paths => {
        actions.show();
        actions.takePaths(paths);
      }
    });
    drag.changed.connect(this.update, this);
  }

  readonly node: HTMLElement;

  get isDisposed(): boolean {
    return this._target.isDisposed;
  }

  /** Come or go, as is right now. */
  update(): void {
    if (this._options.drag.isOver && this._options.wanted()) {
      if (!this.node.isConnected) {
        this._place();
        document.body.append(this.node);
      }
    } else {
      this.node.classList.remove('jp-mod-dropTarget');
      this.node.remove();
    }
  }

  dispose(): void {
    this._options.drag.changed.disconnect(this.update, this);
    this._target.dispose();
    this.node.remove();
  }

  private _place(): void {
    const bar = document
      .getElementById('jp-main-statusbar')
      ?.getBoundingClientRect();
    const onBar = bar !== undefined && bar.height > 0;
    this.node.classList.toggle('jp-mod-corner', !onBar);
    this.node.style.height = onBar ? `${bar.height}px` : '';
  }

  private readonly _target: DropTarget;
}
