import type { IDisposable } from '@lumino/disposable';
import type { Drag } from '@lumino/dragdrop';

import { draggedPaths } from './contents';
import { type IDropped, carriesFiles, readDropped } from './dropped';

/** What happens on a {@link DropTarget}. */
export interface IDropTargetOptions {
  /** A selector: only elements below that match it, or are in one that does, take drops. */
  within?: string;
  /** A drag that could be dropped here came or went. */
  onHover: (hovering: boolean) => void;
  onDropped: (dropped: IDropped) => void;
  onPaths: (paths: readonly string[]) => void;
}

const EVENTS = [
  'dragenter',
  'dragover',
  'dragleave',
  'drop',
  'lm-dragenter',
  'lm-dragover',
  'lm-dragleave',
  'lm-drop'
] as const;

/** Makes a whole element take drops, from the desktop and from JupyterLab's file browser. */
export class DropTarget implements IDisposable {
  constructor(
    private readonly _node: HTMLElement,
    private readonly _options: IDropTargetOptions
  ) {
    EVENTS.forEach(type => _node.addEventListener(type, this));
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    EVENTS.forEach(type => this._node.removeEventListener(type, this));
  }

  handleEvent(event: Event): void {
    if (!this._takes(event.target)) {
      return;
    }
    if (event.type.startsWith('lm-')) {
      this._onLumino(event as Drag.Event);
    } else {
      this._onDesktop(event as DragEvent);
    }
  }

  private _onDesktop(event: DragEvent): void {
    if (!carriesFiles(event.dataTransfer)) {
      return;
    }
    // Without this the browser opens the file in place of JupyterLab.
    event.preventDefault();
    event.stopPropagation();
    switch (event.type) {
      case 'dragenter':
      case 'dragover':
        if (event.dataTransfer) {
          event.dataTransfer.dropEffect = 'copy';
        }
        this._options.onHover(true);
        break;
      case 'dragleave':
        this._onLeave(event);
        break;
      case 'drop':
        this._options.onHover(false);
        if (event.dataTransfer) {
          this._options.onDropped(readDropped(event.dataTransfer));
        }
        break;
    }
  }

  private _onLumino(event: Drag.Event): void {
    const paths = draggedPaths(event.mimeData);
    if (paths === null) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    switch (event.type) {
      case 'lm-dragenter':
      case 'lm-dragover':
        // The file browser offers moving only; nothing is moved by staging.
        event.dropAction = event.proposedAction;
        this._options.onHover(true);
        break;
      case 'lm-dragleave':
        this._onLeave(event);
        break;
      case 'lm-drop':
        this._options.onHover(false);
        // "none" tells the file browser that it has nothing to take away.
        event.dropAction = 'none';
        this._options.onPaths(paths);
        break;
    }
  }

  /** Leaving for a child is not leaving. */
  private _onLeave(event: MouseEvent): void {
    const to = event.relatedTarget;
    if (!(to instanceof Node) || !this._node.contains(to) || !this._takes(to)) {
      this._options.onHover(false);
    }
  }

  private _takes(place: EventTarget | null): boolean {
    const { within } = this._options;
    return (
      within === undefined ||
      (place instanceof Element && place.closest(within) !== null)
    );
  }

  private _isDisposed = false;
}
