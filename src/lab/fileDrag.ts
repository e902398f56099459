import type { IDisposable } from '@lumino/disposable';
import type { Drag } from '@lumino/dragdrop';
import { type ISignal, Signal } from '@lumino/signaling';

import { carriesFiles, draggedPaths } from '../files';

/**
 * How long after a drag has left an element for none it is over (ms).
 *
 * Some browsers never say which element it goes to; while it is there, it tells so every 350 ms.
 */
const GONE = 500;

const EVENTS = [
  'dragenter',
  'dragover',
  'dragleave',
  'drop',
  'dragend',
  'lm-dragenter',
  'lm-dragover',
  'lm-dragleave',
  'lm-drop',
  // What ends a drag of Lumino's wherever it is.
  'pointerup',
  'pointermove'
] as const;

/** Knows whether files are dragged over the page, from the desktop or the file browser. */
export class FileDrag implements IDisposable {
  constructor() {
    // Before any element's own listener, which may let nobody else hear.
    EVENTS.forEach(type => window.addEventListener(type, this, true));
  }

  get isOver(): boolean {
    return this._isOver;
  }

  /** It came or went. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._going);
    EVENTS.forEach(type => window.removeEventListener(type, this, true));
    Signal.clearData(this);
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case 'dragenter':
      case 'dragover':
        this._come(carriesFiles((event as DragEvent).dataTransfer));
        break;
      case 'lm-dragenter':
      case 'lm-dragover':
        this._come(draggedPaths((event as Drag.Event).mimeData) !== null);
        break;
      case 'dragleave':
      case 'lm-dragleave':
        if ((event as MouseEvent).relatedTarget === null) {
          this._goIn(GONE);
        }
        break;
      case 'pointermove':
        // No browser tells of the pointer during a drag of its own; one of Lumino's holds a button.
        if ((event as PointerEvent).buttons === 0) {
          this._goIn(0);
        }
        break;
      default:
        // Who takes the drop hears of it first.
        this._goIn(0);
    }
  }

  private _come(withFiles: boolean): void {
    if (withFiles) {
      clearTimeout(this._going);
      this._put(true);
    }
  }

  private _goIn(wait: number): void {
    if (this._isOver) {
      clearTimeout(this._going);
      this._going = setTimeout(() => this._put(false), wait);
    }
  }

  private _put(isOver: boolean): void {
    if (isOver !== this._isOver) {
      this._isOver = isOver;
      this._changed.emit();
    }
  }

  private _isOver = false;
  private _isDisposed = false;
  private _going: ReturnType<typeof setTimeout> | undefined;
  private readonly _changed = new Signal<this, void>(this);
}
